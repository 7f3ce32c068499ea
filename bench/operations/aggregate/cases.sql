SELECT i.id::text AS value, a.id AS account
FROM insight.insight i JOIN insight.dataset d ON d.id = i.dataset_id
JOIN insight.licence l ON l.community_id = d.community_id AND l.status = 'GRANTED'
  AND catalog.today() BETWEEN l.starts_on AND l.ends_on
JOIN insight.organization o ON o.id = l.organization_id AND o.kind = ANY (d.offered_to)
  AND insight.may_pursue(o.kind, l.purpose_kind)
JOIN identity.account a ON a.organization_id = o.id
GROUP BY i.id, a.id ORDER BY a.id, i.id
