//! What the archive shows: issues whose send began, and the corrections of their copies on the web. Mailed bytes are read,
//! never written here.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::db::params;
use super::{Issues, StoreError, from_ms, to_ms};
use crate::model::{IssueName, Rendered};

/// An issue in the archive's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    pub issue: IssueName,
    /// As it was mailed, or as it was corrected last.
    pub subject: String,
    pub preheader: String,
    /// When its send began.
    pub sent: DateTime<Utc>,
    /// When it was corrected last.
    pub corrected: Option<DateTime<Utc>>,
    pub corrections: u32,
}

/// A correction of an issue's copy on the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub at: DateTime<Utc>,
    /// The note for subscribers; may be empty.
    pub note: String,
}

/// A copy on the web: the bytes that were mailed, or the last correction of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebCopy {
    pub rendered: Rendered,
    /// The text of issue.toml that it was made of.
    pub draft: String,
    pub sent: DateTime<Utc>,
    /// The public address that stood in the mailed letterhead, by which the issue is named for good.
    pub public_url: String,
    /// The oldest first.
    pub corrections: Vec<Correction>,
}

impl Issues<'_> {
    /// Another value whenever the archive shows something else.
    pub fn archive_version(&self) -> Result<(i64, i64), StoreError> {
        let sql = "SELECT (SELECT count(*) FROM sends), (SELECT coalesce(max(id), 0) FROM corrections)";
        self.store.db.one(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The issues whose send began, the newest first.
    pub fn archived(&self) -> Result<Vec<Archived>, StoreError> {
        self.newest_archived(i64::MAX)
    }

    /// The newest issue whose send began.
    pub fn latest_archived(&self) -> Result<Option<Archived>, StoreError> {
        Ok(self.newest_archived(1)?.pop())
    }

    fn newest_archived(self, most: i64) -> Result<Vec<Archived>, StoreError> {
        let sql = "SELECT s.issue, s.started_ms,
                       (SELECT max(c.corrected_ms) FROM corrections AS c WHERE c.issue = s.issue),
                       (SELECT count(*) FROM corrections AS c WHERE c.issue = s.issue),
                       coalesce((SELECT l.subject FROM corrections AS l WHERE l.issue = s.issue
                           ORDER BY l.id DESC LIMIT 1), a.subject),
                       coalesce((SELECT l.preheader FROM corrections AS l WHERE l.issue = s.issue
                           ORDER BY l.id DESC LIMIT 1), a.preheader)
                   FROM sends AS s JOIN approvals AS a ON a.issue = s.issue ORDER BY s.issue DESC LIMIT ?1";
        self.store.db.rows(sql, params![most], |row| {
            let name: String = row.get(0)?;
            Ok(Archived {
                issue: name.parse().map_err(|()| StoreError::Value(format!("{name} as an issue")))?,
                sent: from_ms(row.get(1)?)?,
                corrected: row.get::<Option<i64>>(2)?.map(from_ms).transpose()?,
                corrections: row.get(3)?,
                subject: row.get(4)?,
                preheader: row.get(5)?,
            })
        })
    }

    /// The BCP 47 tag of the language of an issue's article; `None` if it was approved before articles were stored.
    pub fn article_language(&self, issue: &IssueName) -> Result<Option<String>, StoreError> {
        let sql = "SELECT coalesce((SELECT json_extract(l.rendered, '$.article.language') FROM corrections AS l
                       WHERE l.issue = a.issue ORDER BY l.id DESC LIMIT 1),
                       json_extract(a.frozen, '$.rendered.article.language'))
                   FROM approvals AS a WHERE a.issue = ?1";
        Ok(self.store.db.first(sql, params![issue.to_string()], |row| row.get::<Option<String>>(0))?.flatten())
    }

    /// The copy of an issue as the web shows it, with direct links whatever the mail has; `None` before its send began.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when stored bytes no longer match their hash.
    pub fn web_copy(&self, issue: &IssueName) -> Result<Option<WebCopy>, StoreError> {
        let Some(send) = self.send_start(issue)? else { return Ok(None) };
        let Some(approval) = self.approval(issue)? else { return Ok(None) };
        let mut copy = WebCopy {
            rendered: approval.frozen.rendered.direct(),
            draft: approval.draft,
            sent: send,
            public_url: approval.frozen.letterhead.public_url,
            corrections: Vec::new(),
        };
        let damaged =
            |why: &str| StoreError::Damaged(self.store.place.clone(), format!("a correction of {issue}: {why}"));
        let sql = "SELECT corrected_ms, note, rendered_sha256, rendered, draft FROM corrections WHERE issue = ?1
                   ORDER BY id";
        copy.corrections = self.store.db.rows(sql, params![issue.to_string()], |row| {
            let (hash, text): (String, String) = (row.get(2)?, row.get(3)?);
            if hash_of(&text) != hash {
                return Err(damaged("its bytes do not match their hash"));
            }
            copy.rendered = serde_json::from_str(&text).map_err(|error| damaged(&error.to_string()))?;
            copy.draft = row.get(4)?;
            Ok(Correction { at: from_ms(row.get(0)?)?, note: row.get(1)? })
        })?;
        Ok(Some(copy))
    }

    /// Records a correction of the web copy; the mailed bytes stay as they are.
    pub fn correct(
        &self,
        issue: &IssueName,
        correction: &Correction,
        draft: &str,
        rendered: &Rendered,
    ) -> Result<(), StoreError> {
        let text = serde_json::json!(rendered).to_string();
        self.store.db.execute(
            "INSERT INTO corrections (issue, note, draft, rendered_sha256, rendered, subject, preheader, corrected_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                issue.to_string(),
                correction.note,
                draft,
                hash_of(&text),
                text,
                rendered.subject,
                rendered.preheader,
                to_ms(correction.at)
            ],
        )?;
        Ok(())
    }

    fn send_start(self, issue: &IssueName) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT started_ms FROM sends WHERE issue = ?1";
        self.store.db.first(sql, params![issue.to_string()], |row| from_ms(row.get(0)?))
    }
}

fn hash_of(text: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(text))
}
