//! The links that are followed: as many as a part wants, with codes in no order, as this shortener leaves them when it
//! has created them: the record, its entry in the catalog, and its claim.

use std::path::Path;

use rusqlite::{Connection, params};

/// The code of the `n`th link; no two are alike.
pub fn code(n: usize) -> String {
    // An odd factor permutes the numbers below a power of two.
    format!("{:08x}", n.wrapping_mul(2_654_435_761) & 0xffff_ffff)
}

/// Where a list begins with the `n`th link.
pub fn cursor(n: usize) -> String {
    format!("8{:015x}", number(n))
}

/// The `n`th link's place in the catalog.
fn number(n: usize) -> usize {
    n + 1
}

fn record(n: usize) -> String {
    let (code, number) = (code(n), number(n));
    format!(
        r#"{{"short":"{code}","url":"https://akamai.com/{n}","id":"{n:016}","claimed":true,"catalog":{number},"created_at":"2026-01-01T00:00:00Z","created_by":"ci"}}"#
    )
}

/// Writes links into Spin's SQLite file, which has its table already: faster than through a component.
pub fn fill(file: &Path, links: usize) {
    let counter = |count: usize| count.to_le_bytes().to_vec();
    let mut database = Connection::open(file).expect("a database");
    let transaction = database.transaction().expect("a transaction");
    {
        let insert = "INSERT INTO spin_key_value (store, key, value) VALUES ('default', ?1, ?2)";
        let mut insert = transaction.prepare(insert).expect("a statement");
        let mut insert = |key: String, value: Vec<u8>| {
            insert.execute(params![key, value]).expect("a new row");
        };
        for n in 0..links {
            insert(code(n), record(n).into_bytes());
            insert(format!("catalog:{}", number(n)), code(n).into_bytes());
            insert(format!("claim:{}", code(n)), counter(1));
        }
        insert("catalog:new".to_owned(), counter(links));
        // No links from before the catalog.
        let state = br#"{"generation":1,"count":0}"#;
        insert("catalog:state".to_owned(), state.to_vec());
    }
    transaction.commit().expect("committed");
}
