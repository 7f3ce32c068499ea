UPDATE research.participation SET begun = true WHERE status IN ('STARTED', 'COMPLETED');

-- Associations reserve their names without accents. The first to have one keeps it.
INSERT INTO identity.pseudonym_look (look, member_id, demonstration)
SELECT DISTINCT ON (k.look) k.look, m.id, m.demonstration
FROM identity.pseudonym_look l
JOIN care.member m ON m.id = l.member_id AND m.kind = 'ASSOCIATION',
    LATERAL (SELECT E'\t' || regexp_replace(normalize(lower(l.look), NFD), E'[\u0300-\u036f]', '', 'g') AS look) k
WHERE l.until IS NULL
ORDER BY k.look, m.joined_on, m.id
ON CONFLICT DO NOTHING;

INSERT INTO catalog.help_line (number, language, position, name, description) VALUES
('3114', 'EN', 1, 'National suicide prevention line', 'For you, or if you worry about somebody. Professionals answer at any hour, every day. Free.'),
('15', 'EN', 2, 'SAMU', 'If somebody’s life is in danger now. Medical emergencies, at any hour. Free.'),
('112', 'EN', 3, 'European emergency number', 'For any emergency, in all of the European Union, at any hour. Free.'),
('114', 'EN', 4, 'Emergency number for deaf and hard-of-hearing people', 'If you cannot hear or speak: by SMS, chat or video, at any hour. Free.'),
('3114', 'FR', 1, 'Numéro national de prévention du suicide', 'Pour vous, ou si vous vous inquiétez pour quelqu’un. Des professionnels répondent 24 h/24 et 7 j/7. Gratuit.'),
('15', 'FR', 2, 'SAMU', 'Si la vie de quelqu’un est en danger maintenant. Urgences médicales, 24 h/24. Gratuit.'),
('112', 'FR', 3, 'Numéro d’urgence européen', 'Pour toute urgence, dans toute l’Union européenne, 24 h/24. Gratuit.'),
('114', 'FR', 4, 'Numéro d’urgence pour les personnes sourdes ou malentendantes', 'Si vous ne pouvez pas entendre ou parler : par SMS, tchat ou visiophonie, 24 h/24. Gratuit.');

INSERT INTO catalog.privacy_notice (version, language, in_force_on, text) VALUES
('2026-1', 'EN', '2026-11-01', 'This notice says which data Cohorte stores about you as a member, why, and for how long.

1. To register you give an e-mail address, a password, a pseudonym, and whether you are a patient, a relative or an association. Patients and relatives must be at least 16 years old: you give your year of birth, or state that you are. Everything else is voluntary: your year of birth, your sex, your region, your communities, your diary, your treatments and what you write.
2. These are health data. Cohorte stores them so that you can follow your condition and exchange with other members. Other members see your pseudonym and what you write in discussions. You decide with whom you share the rest. Moderators read discussions and flags. You can see in your account which staff and relatives have read your data.
3. Your data are used for research only if you consent, for each purpose apart. A notice of its own says before what becomes of them, and you can withdraw at any time.
4. Your data stay until you delete your account. What you wrote in discussions then remains without your name. If nobody signs in to your account for 24 months, Cohorte writes to you. If nobody signs in after that either, Cohorte writes once more, and 30 days after the first mail the account is closed and your data are deleted as if you had deleted it yourself.
5. If your e-mail address is changed, the previous one is stored for 7 days, so that you can take your account back if somebody else has changed it.
6. If a member fears that somebody is in danger, moderators are written to at once, without what was written. The author of the post is shown whom they can call.
7. You can read, correct, download and delete your data in your account at any time, and complain to the data-protection authority, in France the CNIL.'),
('2026-1', 'FR', '2026-11-01', 'Cette notice indique quelles données Cohorte conserve sur vous en tant que membre, pourquoi et pendant combien de temps.

1. Pour vous inscrire, vous indiquez une adresse e-mail, un mot de passe, un pseudonyme, et si vous êtes un patient, un proche ou une association. Les patients et les proches doivent avoir au moins 16 ans : vous indiquez votre année de naissance, ou vous déclarez avoir cet âge. Tout le reste est facultatif : votre année de naissance, votre sexe, votre région, vos communautés, votre journal, vos traitements et ce que vous écrivez.
2. Il s’agit de données de santé. Cohorte les conserve pour que vous puissiez suivre votre maladie et échanger avec d’autres membres. Les autres membres voient votre pseudonyme et ce que vous écrivez dans les discussions. Vous décidez avec qui vous partagez le reste. Les modérateurs lisent les discussions et les signalements. Vous voyez dans votre compte quels membres de l’équipe et quels proches ont lu vos données.
3. Vos données ne servent à la recherche que si vous y consentez, pour chaque finalité séparément. Une notice particulière vous dit auparavant ce qu’elles deviennent, et vous pouvez retirer votre consentement à tout moment.
4. Vos données sont conservées jusqu’à la suppression de votre compte. Ce que vous avez écrit dans les discussions reste alors sans votre nom. Si personne ne se connecte à votre compte pendant 24 mois, Cohorte vous écrit. Si personne ne se connecte ensuite non plus, Cohorte vous écrit encore une fois, et 30 jours après le premier message le compte est fermé et vos données sont supprimées comme si vous l’aviez supprimé vous-même.
5. Si votre adresse e-mail est modifiée, la précédente est conservée pendant 7 jours, pour que vous puissiez reprendre votre compte si quelqu’un d’autre l’a modifiée.
6. Si un membre craint que quelqu’un soit en danger, les modérateurs en sont avertis aussitôt, sans le texte. L’auteur de la publication voit qui il peut appeler.
7. Vous pouvez à tout moment lire, corriger, télécharger et supprimer vos données dans votre compte, et saisir l’autorité de protection des données, en France la CNIL.');
