//! A small made-up week of news with its guides, and the config of the newsletter that carries it.

pub const CONFIG: &str = r#"
[publication]
name = "The Test Gazette"
url = "https://gazette.example"
from = "The Test Gazette <news@gazette.example>"
reply_to = "desk@gazette.example"
postal_address = "1 Sample Street, 10115 Berlin, Germany"
timezone = "Europe/Berlin"
language = "en"

[editions.midweek]
title = "Midweek"
send = "Wed 07:00"
template = "midweek"
news = 5
guides = 1
window = "7d"
min_score = 5.0

[editions.sunday]
title = "Sunday"
send = "Sun 08:00"
template = "sunday"
news = 8
guides = 2
window = "7d"
min_score = 5.0

[delivery]
transport = "file"

[store]
url = "sqlite:data/digest.db"
durability = "process"

[web]
public_url = "https://gazette.example"
"#;

/// Twelve items from 18 to 25 November 2026; one (`old-radio`) scores too low to be chosen.
pub const NEWS: &str = r#"{"id":"larch-3","title":"Larch 3 reads a whole patent file in one pass","source":"Larch Labs","published":"2026-11-24T09:00:00Z","score":9.2,"url":"https://larch.example/blog/larch-3","summary":"The new model takes two million tokens at once. Early users report that it quotes page numbers correctly, which its predecessor did not.","topics":["Long context"],"guides":["long-context"]}
{"id":"tram-tickets","title":"A city's trams now answer in eleven languages","source":"Civic Wire","published":"2026-11-23T15:30:00Z","score":7.1,"url":"https://civic.example/trams","summary":"Ticket machines in Graz run a small speech model on the device. Nothing that a passenger says leaves the tram.","topics":["Speech"]}
{"id":"court-scrape","title":"Appeal court limits scraping for training","source":"Law Monitor","published":"2026-11-22T11:00:00Z","score":8.4,"url":"https://law.example/court-scrape","summary":"Publishers may opt out in a file that machines read. The ruling says nothing of models that are already trained.","topics":["Copyright"]}
{"id":"agent-bench","title":"New benchmark makes agents clean up after themselves","source":"Fern Institute","published":"2026-11-21T08:00:00Z","score":8.0,"url":"https://fern.example/agent-bench","summary":"A task counts as solved only when the files, accounts and bookings that the agent made are gone again. The best system solves a third.","topics":["Agents"],"guides":["agents"]}
{"id":"chip-heat","title":"Cooling by river water cuts a data centre's power by a tenth","source":"Grid Notes","published":"2026-11-20T07:45:00Z","score":6.3,"url":"https://grid.example/river","summary":"The operator publishes the readings of every sensor. Fish counts downstream have not changed.","topics":["Energy"]}
{"id":"small-coder","title":"A three-gigabyte model writes tests as well as last year's giants","source":"Harbour Research","published":"2026-11-24T17:20:00Z","score":8.7,"url":"https://harbour.example/small-coder","summary":"It was trained on failing test runs and their repairs. The weights are free for any use.","topics":["Small models"],"guides":["small-models"]}
{"id":"label-law","title":"Labels for synthetic voices become law in three countries","source":"Policy Desk","published":"2026-11-19T12:00:00Z","score":7.6,"url":"https://policy.example/label-law","summary":"Broadcasters get a year to comply. Private messages are exempt.","topics":["Regulation"]}
{"id":"protein-fold","title":"Open data set pairs a million proteins with lab results","source":"Bench Journal","published":"2026-11-18T10:10:00Z","score":6.9,"url":"https://bench.example/proteins","summary":"Forty laboratories agreed on one protocol. Half of the results are failures, which makes the set useful.","topics":["Science"]}
{"id":"evals-cost","title":"What an evaluation costs: one team opens its books","source":"Fern Institute","published":"2026-11-23T06:00:00Z","score":7.3,"url":"https://fern.example/evals-cost","summary":"Human graders take four fifths of the money. Fewer, better questions gave the same ranking for a tenth.","topics":["Evaluation"],"guides":["evaluation"]}
{"id":"school-tutor","title":"Maths tutor that refuses to give the answer doubles practice time","source":"Chalk","published":"2026-11-22T18:00:00Z","score":7.8,"url":"https://chalk.example/tutor","summary":"Pupils complained in the first week and stayed for the term. Marks rose most among those who had been weakest.","topics":["Education"]}
{"id":"old-radio","title":"Radio amateur teaches a model Morse","source":"Shack Talk","published":"2026-11-21T20:00:00Z","score":3.2,"url":"https://shack.example/morse","summary":"It keeps up with forty words a minute and signs off politely.","topics":["Hobby"]}
{"id":"map-floods","title":"Flood maps from one satellite pass, in nine minutes","source":"Terra Watch","published":"2026-11-24T21:40:00Z","score":7.9,"url":"https://terra.example/floods","summary":"Rescue services in two countries test the service this winter. It marks what it is unsure of.","topics":["Earth observation"]}
"#;

/// Four guides; the last is a draft, so it is never paired.
pub const GUIDES: &[(&str, &str)] = &[
    (
        "long-context",
        r#"+++
slug = "long-context"
title = "Long context, and what it does not buy"
topic = "Long context"
level = "intermediate"
status = "live"
version = 3
updated = 2026-11-10
url = "https://gazette.example/guides/long-context"
tldr = "A model that takes a whole book still reads its middle worst. Order the pages by importance and ask for quotes."
takeaways = ["Length is not attention", "Ask for the page number"]
related_topics = ["Retrieval"]
related_guides = ["evaluation"]
+++

## What the number means

The window counts tokens, about three quarters of a word each in English.

## What to try first

Put the question at the end and the important pages at both ends.
"#,
    ),
    (
        "agents",
        r#"+++
slug = "agents"
title = "Agents: programs that act"
topic = "Agents"
level = "beginner"
status = "live"
version = 5
updated = 2026-11-02
url = "https://gazette.example/guides/agents"
tldr = "An agent is a model in a loop with tools. Most of the work is in deciding what it may touch."
takeaways = ["Start with read-only tools"]
related_topics = ["Evaluation"]
related_guides = ["evaluation"]
+++

## The loop

Look, decide, act, look again; and a limit on how often.
"#,
    ),
    (
        "small-models",
        r#"+++
slug = "small-models"
title = "Small models at home"
topic = "Small models"
level = "beginner"
status = "live"
version = 2
updated = 2026-10-28
url = "https://gazette.example/guides/small-models"
tldr = "What runs on a laptop, how fast, and for which chores that is enough."
takeaways = ["Memory decides, not the processor"]
related_topics = ["Quantisation"]
related_guides = []
+++

## What fits

Four bits a weight: eight billion weights take about five gigabytes.
"#,
    ),
    (
        "evaluation",
        r#"+++
slug = "evaluation"
title = "Evaluation before enthusiasm"
topic = "Evaluation"
level = "advanced"
status = "draft"
version = 1
updated = 2026-11-12
url = "https://gazette.example/guides/evaluation"
tldr = "Twenty questions of your own tell more than any leaderboard."
takeaways = []
related_topics = []
related_guides = []
+++

## Your own twenty

Take them from last month's work, with the answers that you were glad of.
"#,
    ),
];
