SELECT c.slug AS value FROM catalog.community c WHERE c.status = 'OPEN' ORDER BY c.member_count DESC, c.slug
