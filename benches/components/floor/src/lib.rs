//! The least a redirect can do: one read on a handle kept for the instance's life, one field of the record, and no
//! checks. What it costs beyond that is the SDK's, whose macro copies every header in and out; a component that
//! bypasses it can be cheaper and still do all its checks.
#![cfg(target_family = "wasm")]

use std::sync::OnceLock;

use serde::Deserialize;
use spin_sdk::{
    http::{EmptyBody, Request, Response, StatusCode},
    http_service,
    key_value::Store,
};

static STORE: OnceLock<Store> = OnceLock::new();

#[derive(Deserialize)]
struct Record<'a> {
    url: &'a str,
}

#[http_service]
async fn redirect(request: Request) -> anyhow::Result<Response<EmptyBody>> {
    let store = match STORE.get() {
        Some(store) => store,
        None => {
            let opened = Store::open_default().await?;
            STORE.get_or_init(|| opened)
        }
    };
    let answer = Response::builder().header("content-length", 0);
    let answer = match store.get(&request.uri().path()[1..]).await? {
        Some(record) => {
            let record: Record = serde_json::from_slice(&record)?;
            answer
                .status(StatusCode::MOVED_PERMANENTLY)
                .header("location", record.url)
        }
        None => answer.status(StatusCode::NOT_FOUND),
    };
    Ok(answer.body(EmptyBody::new())?)
}
