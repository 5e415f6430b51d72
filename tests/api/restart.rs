//! What is on disk: links outlive the process, in Spin's own file.

use http::Method;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{AKAMAI, TestApp};

/// The file Spin keeps its default store in, relative to the application.
fn spin_file(directory: &TempDir) -> std::path::PathBuf {
    directory.path().join(".spin/sqlite_key_value.db")
}

#[tokio::test]
async fn a_restart_on_the_same_file_loses_nothing() {
    let directory = TempDir::new().expect("a directory");
    let file = spin_file(&directory);
    let app = TestApp::on(&file).await;
    let named =
        json!({ "short": "aka", "url": AKAMAI, "note": "n", "expires_at": "9999-12-31T00:00:00Z" });
    let mut before = vec![app.create(&named).await];
    for _ in 0..10 {
        before.push(app.create(&json!({ "url": AKAMAI })).await);
    }
    app.stop().await;

    let app = TestApp::on(&file).await;
    for created in before {
        assert_eq!(created.status, 201);
        let link = created.json();
        let short = link["short"].as_str().expect("a code");
        app.follow(created.location())
            .await
            .assert_redirects_to(AKAMAI);
        assert_eq!(app.get_link(short).await.json(), link);
        let again = app.create(&json!({ "short": short, "url": AKAMAI })).await;
        assert_eq!((again.status, &again.json()["link"]), (409, &link));
    }
}

#[tokio::test]
async fn the_file_is_spins_own_and_a_record_is_readable_json() {
    let directory = TempDir::new().expect("a directory");
    let file = spin_file(&directory);
    let app = TestApp::on(&file).await;
    let created = app.create(&json!({ "short": "aka", "url": AKAMAI })).await;
    app.stop().await;

    let database = Connection::open(&file).expect("a database");
    let mut columns = database
        .prepare("SELECT name, type, pk FROM pragma_table_info('spin_key_value')")
        .expect("a query");
    let columns: Vec<(String, String, u8)> = columns
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("columns");
    let column = |name: &str, kind: &str, key| (name.to_owned(), kind.to_owned(), key);
    assert_eq!(
        columns,
        [
            column("store", "TEXT", 1),
            column("key", "TEXT", 2),
            column("value", "BLOB", 0)
        ]
    );

    let query = "SELECT value FROM spin_key_value WHERE store = 'default' AND key = 'aka'";
    let record: Vec<u8> = database
        .query_row(query, [], |row| row.get(0))
        .expect("a record");
    let record: Value = serde_json::from_slice(&record).expect("JSON");
    let mut expected = created.json();
    // What tells one creation from another; the API does not show it.
    expected["id"] = record["id"].clone();
    assert!(record["id"].is_string(), "{record}");
    // That the claim of this code is this link's, and goes with it.
    expected["claimed"] = true.into();
    // That it was the first link.
    expected["catalog"] = 1.into();
    assert_eq!(record, expected);
}

#[tokio::test]
async fn a_file_that_spin_wrote_is_served() {
    let directory = TempDir::new().expect("a directory");
    let file = spin_file(&directory);
    std::fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
    let database = Connection::open(&file).expect("a database");
    let written = database.execute_batch(
        r#"CREATE TABLE spin_key_value (
               store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key)
           );
           INSERT INTO spin_key_value VALUES
               ('default', 'aka', CAST('{"short":"aka","url":"https://akamai.com"}' AS BLOB)),
               ('other', 'hidden', CAST('{"short":"hidden","url":"https://akamai.com"}' AS BLOB));"#,
    );
    written.expect("a record");
    drop(database);

    let app = TestApp::on(&file).await;
    app.follow("/aka").await.assert_redirects_to(AKAMAI);
    app.follow("/hidden").await.assert_text(404, "Not Found");
    assert_eq!(
        app.create(&json!({ "short": "aka", "url": AKAMAI }))
            .await
            .status,
        409
    );
}

#[tokio::test]
async fn an_answered_create_is_in_the_file_already() {
    let directory = TempDir::new().expect("a directory");
    let file = spin_file(&directory);
    let app = TestApp::on(&file).await;
    let link = json!({ "short": "aka", "url": AKAMAI }).to_string();
    let create = app.api(Method::POST, "links").json(link);
    assert_eq!(create.send().await.status, 201);
    // Another process looks, while this one has not been stopped.
    let database = Connection::open(&file).expect("a database");
    let query = "SELECT count(*) FROM spin_key_value WHERE store = 'default' AND key = 'aka'";
    let records: u64 = database
        .query_row(query, [], |row| row.get(0))
        .expect("a count");
    assert_eq!(records, 1);
}
