//! Whether the public pages answer where subscribers look for them.

use url::Url;

use super::{Diagnosis, Doctor, Health};
use crate::sources::{FetchRequest, Method};

/// Maximum size of a feed that is read, in bytes.
const LARGEST: usize = 4 << 20;

impl Doctor {
    /// Requests the feed of past issues at `[web] public_url`. The feed contains its own address, so another site's answer is recognized.
    pub(super) async fn examine_public_url(&self) -> Diagnosis {
        let base = self.site.config.letterhead().public_url;
        let feed = format!("{base}/feed.xml");
        let mend = "run `digest serve` with `[web] listen` set, and let your web server forward this address to it";
        match self.answer(&feed).await {
            Ok(()) => Diagnosis::new("pages", Health::Good, format!("the public pages answer at {base}")),
            Err(why) => {
                let what = format!("the public pages do not answer at {base}, so nobody can unsubscribe there: {why}");
                Diagnosis::new("pages", Health::Error, what).mend(mend)
            }
        }
    }

    async fn answer(&self, feed: &str) -> Result<(), String> {
        let url = Url::parse(feed).map_err(|_| "it is not a web address".to_owned())?;
        let fetcher = self.site.content().fetcher().map_err(|notice| notice.to_string())?;
        let request = FetchRequest { method: Method::Get, url: &url, headers: &[], most: LARGEST };
        let fetched = fetcher.fetch(&request).await.map_err(|why| why.to_string())?;
        if fetched.status != 200 {
            return Err(format!("{feed} answers {}", fetched.status));
        }
        let is_ours = String::from_utf8_lossy(&fetched.body).contains(&format!("<id>{feed}</id>"));
        if is_ours { Ok(()) } else { Err(format!("{feed} is not from this publication")) }
    }
}
