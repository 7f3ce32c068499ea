"""Data: the English texts of the demonstration's discussions."""

from commands.demonstration.themes import BOTH, CARE, NOTHING, SYMPTOM, TREATMENT, Language, Theme

ENGLISH = Language(
    themes=(
        Theme(
            TREATMENT,
            ("How long before {t} worked for you?", "Starting {t} next week", "{t}: when did you notice anything?", "First weeks on {t}"),
            (
                "My specialist has just put me on {t} and told me to be patient. I am in week {n} and feel exactly as before.",
                "I start {t} on Monday after {d} of hesitating. I would like to know what the first weeks look like.",
                "{n} weeks of {t} now. Some days I think it helps, then the next morning I am not so sure.",
            ),
            (
                "With me it took about {n} weeks before I noticed anything, and it was my husband who noticed first.",
                "Nothing at all for {d}, then one morning the stairs were just stairs again.",
                "My doctor said not to judge {t} before three months. She was right.",
                "I wrote down one number every evening. Without it I would have sworn that nothing changed.",
                "It never did much for me, to be honest, and we changed after {d}. That happens too.",
                "Quick for me: {n} weeks. But everybody here seems to have their own calendar.",
                "The start was the hardest. Around week {n} the dose was raised and that made the difference.",
                "I almost gave up at the same point as you. Glad I waited another month.",
            ),
        ),
        Theme(
            BOTH,
            ("{s} since I started {t}?", "{t} and {s}: linked or not?", "Does {t} give you {s} too?"),
            (
                "Since I take {t} I have {s} almost every day. The leaflet mentions it, but my doctor thinks it is {c} itself.",
                "{d} on {t} and now {s} out of nowhere. I do not want to stop something that works.",
                "I had {s} before, but never like this. It began {n} days after the first dose of {t}.",
            ),
            (
                "I had that too. It faded by itself after {n} weeks.",
                "Taking it in the evening, with food, changed everything for me. Ask before you move it, though.",
                "Mine turned out to have nothing to do with {t}: blood test, iron very low.",
                "We halved the dose for a while and went up slowly. No {s} since.",
                "Please ring your pharmacist, mine was more help than the leaflet.",
                "I kept a diary for {n} weeks: the bad days were the day after each dose. That convinced my doctor.",
                "For me it was the reason to stop, after {d}. The next treatment was kinder.",
                "Not with {t}, but with the one before. It went away when I stopped.",
            ),
        ),
        Theme(
            TREATMENT,
            ("Coming off {t}", "Has anyone stopped {t}?", "Taking a break from {t}"),
            (
                "After {d} on {t} my numbers are good and my doctor suggests trying without. I am afraid of going back to where I was.",
                "I forgot {t} for {n} days on holiday and felt no difference. Now I wonder what it is for.",
                "We are thinking of stopping {t} before an operation. Nobody can tell me how the weeks after will be.",
            ),
            (
                "Please never on your own. I did, and paid for it within {n} weeks.",
                "We came down step by step over {d}. No relapse so far.",
                "I stopped and had to start again. It worked as well the second time, if that helps.",
                "My team gave me a plan on paper: what to watch, whom to call. I would ask for the same.",
                "The first month was fine, the second less so. Judge late.",
                "I stayed on it in the end. Feeling well was the sign that it works, not that I can do without.",
                "It depends so much on {c}. What did your last check-up say?",
            ),
        ),
        Theme(
            SYMPTOM,
            ("{s}: what helps you?", "Living with {s}", "Small tricks against {s}", "{s} again this week"),
            (
                "It is {s} that bothers me most, more than the rest of {c}. I have tried rest, heat and a lot of tea.",
                "Bad week: {s} every day, and I had to cancel dinner with friends for the third time this month.",
                "My doctor asks about everything but {s}. So I ask you.",
            ),
            (
                "Pacing, really. I plan half of what I think I can do, and I get more done.",
                "A warm shower before bed, and no screen after nine. Silly, but it works for me.",
                "For me it comes in waves of about {n} days. Knowing that it ends makes it bearable.",
                "I write it down here every day. It was the curve that made my doctor listen.",
                "Moving a little, even when everything says no. {n} minutes, not more.",
                "My physio gave me three exercises. Ask for a referral if you can.",
                "Nothing helped until we treated the sleep.",
                "I have learned to say no. That is my whole trick.",
            ),
        ),
        Theme(
            SYMPTOM,
            ("{s} at night", "No sleep because of {s}", "Awake at three, {s} again"),
            (
                "Nights are the worst: {s} wakes me at three and that is it. By noon I am no good for anything.",
                "I sleep {few} hours at best because of {s}. How do you get through the next day?",
            ),
            (
                "Same here. I get up, make a warm drink, and do not look at the clock any more.",
                "A second pillow and a cool room gained me {few} hours a night.",
                "My doctor moved one of my doses to the evening and that solved half of it.",
                "A short nap before three o'clock, with an alarm. Longer ones ruin the next night.",
                "It was apnoea on top of {c} for me. Worth asking about.",
                "Radio, very low. I have heard every programme about the sea.",
                "I stopped fighting it. Oddly, I sleep better since.",
            ),
        ),
        Theme(
            NOTHING,
            ("{c} and work", "Telling your employer?", "Back to work after {d}", "Part time because of {c}?"),
            (
                "I go back to work after {d} off. My boss knows that I was ill, but not that it is {c}.",
                "I hold out until Wednesday, then I am done. I wonder whether to ask for fewer hours.",
                "Interview next week. Do I mention {c} or not?",
            ),
            (
                "I told my team in one sentence, over coffee. It went better than all the years of hiding.",
                "The occupational doctor was my best ally. You can ask to see one yourself.",
                "I waited until after the trial period. No regrets.",
                "Two days at home a week changed my life, and nobody lost anything.",
                "I said too much, and regretted it. Say what you need, not what you have.",
                "Went down to {few} days. Less money, more life.",
                "Ask for a phased return. My first weeks were mornings only.",
            ),
        ),
        Theme(
            NOTHING,
            ("Just diagnosed", "New here: {c}", "{c}, and a thousand questions", "Hello from a newcomer"),
            (
                "The word fell on Tuesday: {c}. I nodded, went home, and understood nothing.",
                "After {d} of tests it has a name, {c}. I am almost relieved, and scared.",
                "New here. {c} for {n} months. My family means well but does not know what to say.",
            ),
            (
                "Welcome. The beginning is the worst, because everything is possible. It gets smaller.",
                "Write your questions down before each appointment, the most important first.",
                "It took me {d} to say the word out loud. Take your time.",
                "Do not read everything at night. I did, and most of it never happened to me.",
                "I have had {c} for {n} years and I garden, work and laugh. Not every day, but most.",
                "Bring somebody along to the next appointment. Two people hear more than one.",
                "Glad you found us. This is the place where nobody says 'but you look well'.",
            ),
        ),
        Theme(
            NOTHING,
            ("How do I help without smothering?", "For those who live with us", "My partner has {c}", "Talking about it at home"),
            (
                "I am the one who does not have {c}. I want to help, and I often get it wrong.",
                "My children ask why I am tired again. What do you tell yours?",
                "We have stopped talking about anything but {c} at home.",
            ),
            (
                "Ask 'what do you need today?' and believe the answer. That is all I ever wanted.",
                "We have one evening a week when the illness is not mentioned.",
                "We told them with a battery: some days it starts at thirty per cent. Children get it at once.",
                "Look after yourself too. I burnt out after {d} of doing everything.",
                "My partner comes to one appointment in three. It made us a team.",
                "Do the shopping and do not ask for thanks. Says one who forgets to thank.",
            ),
        ),
        Theme(
            CARE,
            ("{t}: worth it?", "{t}: your experience?", "Has anyone tried {t}?", "{t} was suggested to me"),
            (
                "My specialist mentioned {t}. I said that I would think about it, and here I am thinking.",
                "There is a waiting list of {d} for {t} where I live. I wonder whether it is worth it.",
                "I have read a lot about {t}, but little from people who have {c}.",
            ),
            (
                "For me it was a turning point, and I had put it off for {d}.",
                "Choose who does it well. With the second team it was another world.",
                "It did no harm and not much good. I do not regret having tried.",
                "Prepare your questions: what will be better, by when, and what if not.",
                "Ask what your insurance pays before you start. I did not.",
                "The first {n} days were hard; then I began to see what it was for.",
                "I met somebody who had had it, through this community. That was worth more than ten brochures.",
                "It takes getting used to. Give it {d}, then judge.",
            ),
        ),
        Theme(
            TREATMENT,
            ("Travelling with {t}", "Holidays and {t}", "{t} on a plane?"),
            (
                "We fly for the first time since I take {t}. {n} days, hot country. What should I think of?",
                "Two weeks away and {t} in the luggage. Last time I had a long talk at customs.",
            ),
            (
                "A letter from the doctor in English, and the box with your name on it. Nobody ever asked me, but still.",
                "Always in the hand luggage, never in the hold.",
                "Take twice what you need, in two bags.",
                "I kept to home time for the doses; for {n} days that was easier.",
                "Plan a day of nothing after you arrive. I never used to, and spent it in bed anyway.",
                "Your insurance wants to know about {c}. Ring them before, not after.",
            ),
        ),
    ),
    greetings=("Hello everyone. ", "Hi all. ", "", "", "Good evening. ", "Hello, first post here. ", ""),
    questions=(
        " What was it like for you?", " Has anybody been through this?", " I would be glad of any experience, good or bad.",
        " What would you do?", " Am I the only one?", " Thanks for reading.", " How do you manage?", "",
    ),
    leads=(
        "Hi! ", "I know that feeling. ", "", "", "Same here. ", "Welcome to the club nobody wanted to join. ", "Oh, that sounds familiar. ",
        "Courage. ", "Thanks for asking this. ", "Here is how it went for me. ", "",
    ),
    tails=(
        "", "", " Hang in there.", " Keep us posted.", " But that is only me.", " I hope it helps a little.", " Ask your doctor, of course.",
        " Take care.", " A hug from the north.", " What does your doctor say?", " Tell us how it goes.",
    ),
    chat=(
        "Following, I have the same question.", "Thank you all, I read every word even if I seldom write.",
        "I showed this to my sister; she finally understands.", "Any news from you?", "This thread should be pinned.",
        "Good day today, so I drop by to say that good days exist.", "Agreed with everything above.",
        "I had never thought of that. I will try this week.", "Rain here, and you can guess how I feel. Still, hello to all.",
        "Same question {d} later, and I am glad this thread is still here.", "I tried it. Small, but it counts.",
        "Ten minutes of walking today. I take it.", "It helps to know that I am not making it up.",
    ),
    returns=(
        "Thank you, you have no idea how much that helps.", "Quick update: a little better this week, I keep my fingers crossed.",
        "I saw my doctor. We go on as it is and look again in {n} weeks.", "I had not expected so many answers. Thank you.",
        "Update after {d}: it was worth the patience.", "I will try that tonight.", "Good idea, I had not thought of a diary.",
    ),
    stories=(
        ("Last winter", "Two years ago", "When it began", "The week before my holidays", "After the second opinion", "This spring", "Some time ago"),
        (
            "I was where you are now", "I tried to do as if nothing had happened", "my doctor changed almost everything at once",
            "I kept a diary for a month", "I was so tired that I cancelled everything", "a nurse took half an hour to explain it to me",
            "I thought that it would never pass", "I asked for help for the first time",
        ),
        (
            "and it was the best decision of the year", "and I would do it again", "and slowly it grew lighter", "but it took its time",
            "and my family understood better than I had feared", "and I learned what I can and cannot do", "though I still have bad days",
            "and I wish somebody had told me sooner",
        ),
    ),
    lengths=("two months", "half a year", "a year", "three weeks", "six weeks", "two years", "nearly three months"),
)  # fmt: skip
