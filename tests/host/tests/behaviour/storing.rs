//! The database, and the interfaces to it.

use rusqlite::Connection;

use crate::{ask, get, host, serve};

#[tokio::test]
async fn data_is_in_spins_file_and_schema() -> rusqlite::Result<()> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("deep/links.db");
    let first = host().file(&file).start().await.expect("a host");
    ask(&first, "/set/k/v").await;
    ask(&first, "/increment/c").await;
    ask(&first, "/increment/c").await;
    first.shutdown().await;

    let spin = Connection::open(&file)?;
    let value = |key: &str| {
        let sql = "SELECT value FROM spin_key_value WHERE store = 'default' AND key = ?1";
        spin.query_row(sql, [key], |row| row.get::<_, Vec<u8>>(0))
    };
    assert_eq!(value("k")?, b"v");
    assert_eq!(value("c")?, 2_i64.to_le_bytes());

    let second = host().file(&file).start().await.expect("a host");
    assert_eq!(ask(&second, "/get/k").await, r#"Some("v")"#);
    assert_eq!(ask(&second, "/increment/c").await, "3");
    Ok(())
}

#[tokio::test]
async fn only_granted_stores_can_be_opened() {
    let host = serve().await;
    assert_eq!(ask(&host, "/open/default").await, "");
    let (_, refusal) = get(&host, "/open/other").await;
    assert!(refusal.contains("AccessDenied"), "{refusal}");
}

#[tokio::test]
async fn an_instance_has_256_stores_open_at_most_and_gives_back_what_it_drops() {
    let host = serve().await;
    for _ in 0..2 {
        assert_eq!(ask(&host, "/open-all").await, "255 Error::StoreTableFull");
    }
}

#[tokio::test]
async fn keys_come_as_a_stream() {
    let host = serve().await;
    for key in 0..20 {
        host.store()
            .set(&format!("k{key:02}"), "")
            .await
            .expect("a key");
    }
    let keys = ask(&host, "/keys").await;
    assert_eq!(keys.split(' ').count(), 20);
    assert!(keys.starts_with("k00 k01"), "{keys}");
}

#[tokio::test]
async fn a_counter_of_another_size_poisons_the_store() {
    let host = serve().await;
    ask(&host, "/set/k/text").await;
    assert_eq!(get(&host, "/increment/k").await, (500, String::new()));
    assert_eq!(get(&host, "/get/other").await, (500, String::new()));
    assert_eq!(ask(&host, "/served").await, "1");
}
