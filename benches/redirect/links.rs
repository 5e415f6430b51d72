//! The links that are followed: as many as a part wants, with codes in no order, as this shortener stores them.

use std::path::Path;

use rusqlite::{Connection, params};

/// The code of the `n`th link; no two are alike.
pub fn code(n: usize) -> String {
    // An odd factor permutes the numbers below a power of two.
    format!("{:08x}", n.wrapping_mul(2_654_435_761) & 0xffff_ffff)
}

fn record(n: usize) -> String {
    let code = code(n);
    let created = "2026-01-01T00:00:00Z";
    format!(
        r#"{{"short":"{code}","url":"https://akamai.com/{n}","id":"{n:016}","created_at":"{created}"}}"#
    )
}

/// Writes links into Spin's SQLite file, which has its table already: faster than through a component.
pub fn fill(file: &Path, links: usize) {
    let mut database = Connection::open(file).expect("a database");
    let transaction = database.transaction().expect("a transaction");
    {
        let insert = "INSERT INTO spin_key_value (store, key, value) VALUES ('default', ?1, ?2)";
        let mut insert = transaction.prepare(insert).expect("a statement");
        for n in 0..links {
            let row = params![code(n), record(n).into_bytes()];
            insert.execute(row).expect("a new row");
        }
    }
    transaction.commit().expect("committed");
}
