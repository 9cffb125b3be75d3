//! Approvals: the exact bytes that may go out, with the hashes that prove it.

use sha2::{Digest, Sha256};

use super::db::{Db, params};
use super::{Issues, StoreError, from_ms, to_ms};
use crate::model::{Approval, Frozen, IssueName};

/// What is stored of an issue that was approved: the text of [`Frozen`] and its hash.
fn stored_form(frozen: &Frozen) -> (String, String) {
    let text = serde_json::json!(frozen).to_string();
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&text));
    (text, hash)
}

impl Approval {
    /// The hash that an approval of `frozen` carries: SHA-256 of its stored form, hex.
    pub fn hash(frozen: &Frozen) -> String {
        stored_form(frozen).1
    }
}

impl Issues<'_> {
    /// Freezes an issue for sending. Approving again replaces what stood, unless the send has begun: then `false`.
    pub fn approve(&self, approval: &Approval) -> Result<bool, StoreError> {
        let tx = self.store.begin()?;
        let issue = approval.issue.to_string();
        if has_begun(&tx, &issue)? {
            return Ok(false);
        }
        let (text, hash) = stored_form(&approval.frozen);
        let rendered = &approval.frozen.rendered;
        tx.execute(
            "INSERT INTO approvals (issue, draft, frozen_sha256, frozen, subject, preheader, approved_by, approved_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (issue) DO UPDATE SET draft = excluded.draft,
                 frozen_sha256 = excluded.frozen_sha256, frozen = excluded.frozen,
                 subject = excluded.subject, preheader = excluded.preheader,
                 approved_by = excluded.approved_by, approved_ms = excluded.approved_ms",
            params![
                issue,
                approval.draft,
                hash,
                text,
                rendered.subject,
                rendered.preheader,
                approval.by,
                to_ms(approval.at)
            ],
        )?;
        tx.commit()?;
        Ok(true)
    }

    /// Deletes an approval; `false` when there was none, `None` when the send has begun and it stays.
    pub fn take_back(&self, issue: &IssueName) -> Result<Option<bool>, StoreError> {
        let tx = self.store.begin()?;
        let issue = issue.to_string();
        if has_begun(&tx, &issue)? {
            return Ok(None);
        }
        let gone = tx.execute("DELETE FROM approvals WHERE issue = ?1", params![issue])?;
        tx.commit()?;
        Ok(Some(gone > 0))
    }

    /// The approval of an issue, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the stored bytes no longer match their hash.
    pub fn approval(&self, issue: &IssueName) -> Result<Option<Approval>, StoreError> {
        let damaged =
            |why: String| StoreError::Damaged(self.store.place.clone(), format!("the approval of {issue}: {why}"));
        let sql = "SELECT frozen_sha256, frozen, draft, approved_by, approved_ms FROM approvals WHERE issue = ?1";
        self.store.db.first(sql, params![issue.to_string()], |row| {
            let (frozen_sha256, text): (String, String) = (row.get(0)?, row.get(1)?);
            if data_encoding::HEXLOWER.encode(&Sha256::digest(&text)) != frozen_sha256 {
                return Err(damaged("its bytes do not match their hash".into()));
            }
            let frozen = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
            let (draft, by, at) = (row.get(2)?, row.get(3)?, from_ms(row.get(4)?)?);
            Ok(Approval { issue: issue.clone(), draft, frozen_sha256, frozen, by, at })
        })
    }
}

/// Whether the send of an issue has begun.
fn has_begun(db: &Db, issue: &str) -> Result<bool, StoreError> {
    db.value("SELECT EXISTS (SELECT 1 FROM sends WHERE issue = ?1)", params![issue])
}
