//! Where a test's store is: a file in a folder of its own, or, where `DIGEST_TEST_POSTGRES` names a database of a server, a schema of its own
//! in that. It is gone after the test.

use tempfile::TempDir;

use super::*;

pub(in crate::store) struct Ground {
    pub place: Place,
    pub dir: TempDir,
    schema: Option<Schema>,
}

impl Ground {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let schema = Schema::new();
        let place = schema.as_ref().map_or_else(|| dir.path().join("d.db").into(), |schema| schema.place.clone());
        Self { place, dir, schema }
    }

    /// Opens the store, another time too.
    pub fn store(&self) -> Store {
        Store::open_or_create(&self.place, Durability::Process).expect("a store")
    }

    /// Whether it is a server's.
    pub fn is_server(&self) -> bool {
        self.schema.is_some()
    }
}

/// Makes room for the deliveries of a send that a test writes into its table itself.
pub(in crate::store) fn make_room(db: &Db, send: i64) {
    if let Engine::Postgres(_) = db.engine() {
        let table = format!("CREATE TABLE deliveries_{send} PARTITION OF deliveries FOR VALUES IN ({send})");
        db.batch(&table).expect("a partition");
    }
}

/// A schema of a server's database.
struct Schema {
    database: Server,
    name: String,
    place: Place,
}

impl Schema {
    /// `None`: the tests are to use files.
    fn new() -> Option<Self> {
        let url = url()?;
        let parse = |url: &str| Server::parse(url, "", None, Path::new("")).expect("DIGEST_TEST_POSTGRES is a URL");
        let database = parse(&url);
        let name = ask(&database, "SELECT 'test_' || replace(gen_random_uuid()::text, '-', '')");
        ask(&database, &format!("CREATE SCHEMA {name}"));
        let sign = if url.contains('?') { '&' } else { '?' };
        let place = Place::Postgres(parse(&format!("{url}{sign}options=-c%20search_path%3D{name}")).into());
        Some(Self { database, name, place })
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        ask(&self.database, &format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

#[expect(clippy::disallowed_methods, reason = "which database the tests use is no setting of a publication")]
pub(super) fn url() -> Option<String> {
    std::env::var("DIGEST_TEST_POSTGRES").ok()
}

/// The first value of what a server answers, on a connection of its own.
fn ask(server: &Server, sql: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let messages = runtime.block_on(async { server.connect().await.expect("a connection").simple_query(sql).await });
    let first = messages.expect("an answer").iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    first.unwrap_or_default()
}
