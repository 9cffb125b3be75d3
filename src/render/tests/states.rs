//! Issues in the states that subscribers see: both directions, long and bare stories, short and very long issues.

use super::*;
use crate::model::Level;

/// Midweek at its size: five stories and a guide.
pub fn midweek() -> Draft {
    let mut draft = sample::full();
    draft.news.truncate(5);
    draft.guides.truncate(1);
    draft
}

/// This many stories, each with its own address and title, grouped by topic, with a Sunday's guides.
pub fn of(items: usize) -> Draft {
    let mut draft = sample::full();
    let stories = draft.news.clone();
    draft.news = (0..items)
        .map(|n| {
            let mut entry = stories[n * stories.len() / items].clone();
            entry.id = format!("item-{n}");
            entry.title = format!("{} ({})", entry.title, n + 1);
            entry.url = Some(format!("https://news.example/2024/07/item-{n}-with-the-words-of-its-title-in-it"));
            entry
        })
        .collect();
    let mut third = draft.guides[0].clone();
    (third.slug, third.title, third.level) = ("proofs".into(), "Machine proofs, line by line".into(), Level::Advanced);
    draft.guides.push(third);
    draft
}

/// An issue in Arabic in a publication in English, with a headline, a note and a list from left to right.
pub fn arabic() -> Draft {
    let mut draft = midweek();
    draft.language = "ar".into();
    draft.subject = "نموذج مفتوح يلحق بالكبار".into();
    draft.preheader = "صدر النموذج الجديد بأوزان متاحة للجميع".into();
    draft.intro = "صباح الخير. كان هذا أسبوع النماذج المفتوحة، وفيه جلست آلة لأصعب امتحان في رياضيات المدارس.".into();
    let number = draft.number.as_mut().unwrap();
    number.label = "معاملًا في أكبر نموذج تُنشر أوزانه للجميع.".into();
    let titles = [
        "لاما 3.1 يأتي بنموذج مفتوح من 405 مليارات معامل",
        "ميسترال لارج 2 يرد بعد يوم واحد بثلث الحجم",
        "نموذج صغير يضع محادثة جيدة على حاسوب محمول",
    ];
    for (entry, title) in draft.news.iter_mut().zip(titles) {
        entry.title = title.into();
        entry.source = "صحيفة الاختبار".into();
        entry.summary =
            "يقرأ النموذج 128,000 رمز دفعة واحدة، ويقترب من أفضل النماذج المغلقة في معظم الاختبارات العامة.".into();
    }
    draft.news[0].note = "تسمح الرخصة الآن بتدريب نماذج أخرى على مخرجاته.".into();
    draft.news[1].summary += "\n\n- أولًا\n- ثانيًا";
    draft.guides[0].title = "الأوزان المفتوحة بشرح بسيط".into();
    draft.guides[0].tldr = "ما الذي تحصل عليه حين ينشر مختبر أوزان نموذجه، وما الذي لا تحصل عليه.".into();
    draft
}

/// An issue in English with one story in Hebrew.
pub fn one_in_hebrew() -> Draft {
    let mut draft = midweek();
    draft.news[2].title = "מודל קטן מביא שיחה טובה למחשב נייד".into();
    draft.news[2].summary = "שני מיליארד פרמטרים, שאומנו על תשובותיו של מודל גדול יותר. GPT-3.5 נשאר מאחור.".into();
    draft.news[2].note = "כדאי לנסות.\n\n- אחד\n- שניים".into();
    draft
}

/// Titles of 200 characters, of one word of 80, and an address; the same for a guide and the number.
pub fn long() -> Draft {
    let mut draft = midweek();
    let sentence = "A title that goes on and on ".repeat(8).chars().take(200).collect::<String>();
    let word = "Donaudampfschifffahrts".repeat(4).chars().take(80).collect::<String>();
    draft.news[0].title = word.clone();
    draft.news[1].title = sentence.trim().into();
    draft.news[2].title = word.clone();
    draft.news[3].title =
        "https://a-very-long-host.example/2024/07/31/an/address/as/a/title?with=parameters&and=more".into();
    draft.news[1].source = "The Quarterly Review of Sources With Very Long Names and Subtitles".into();
    draft.guides[0].title = word;
    draft.number.as_mut().unwrap().value = "one hundred and twenty-three thousand four hundred million".into();
    draft
}

/// Stories without a summary, a link, a score or a topic, in turn, and with none of them; no intro.
pub fn bare() -> Draft {
    let mut draft = midweek();
    (draft.issue_number, draft.picture) = (None, None);
    draft.intro.clear();
    draft.preheader.clear();
    draft.news[0].summary.clear();
    draft.news[0].url = None;
    draft.news[1].summary.clear();
    draft.news[2].url = None;
    draft.news[3].score = None;
    let last = &mut draft.news[4];
    (last.url, last.score) = (None, None);
    last.summary.clear();
    last.topics.clear();
    draft.guides[0].url = None;
    draft.guides[0].tldr.clear();
    draft.number.as_mut().unwrap().url = None;
    draft
}

/// Every state by name, with the edition that shows it.
pub fn all() -> Vec<(&'static str, Draft, &'static str)> {
    vec![
        ("midweek", midweek(), "midweek"),
        ("sunday", of(12), "sunday"),
        ("sixty", of(60), "sunday"),
        ("arabic", arabic(), "midweek"),
        ("arabic_sunday", Draft { news: arabic().news, ..of(12) }, "sunday"),
        ("hebrew", one_in_hebrew(), "midweek"),
        ("long", long(), "midweek"),
        ("bare", bare(), "midweek"),
        ("bare_sunday", bare(), "sunday"),
        ("hostile", sample::hostile(), "midweek"),
        ("minimal", sample::minimal(), "sunday"),
    ]
}

#[test]
fn look_at_it() {
    #[allow(clippy::disallowed_methods)] // only a person who wants to look sets it
    let Ok(dir) = std::env::var("DIGEST_LOOK") else { return };
    let dir = Path::new(&dir);
    // The templates as they are on disk now, so that a look needs no build.
    let mut templates = Templates::builtin();
    for (name, _) in Templates::builtin_files() {
        let path = Path::new("templates").join(name);
        templates = templates.with(name, &path, std::fs::read_to_string(&path).unwrap());
    }
    for (file, draft, name) in all() {
        let rendered = draw_with(&draft, name, &templates).unwrap_or_else(|notices| panic!("{notices}"));
        let html = rendered.fill(Part::Html, &Ann);
        println!("{file}: {} items, {} bytes of HTML", draft.news.len(), html.len());
        std::fs::write(dir.join(format!("{file}.html")), html).unwrap();
        std::fs::write(dir.join(format!("{file}.txt")), rendered.fill(Part::Text, &Ann)).unwrap();
    }
}
