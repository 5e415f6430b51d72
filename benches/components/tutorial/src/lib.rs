//! A shortener as one writes it on the first day with Spin: SDK 5's router, JSON records, the store opened in every
//! request. It stores what the URL shortener can read, and it is where that project's benchmark starts from.
#![cfg(target_family = "wasm")]

use serde::{Deserialize, Serialize};
use spin_sdk::{
    http::{IntoResponse, Params, Request, Response, Router},
    http_component,
    key_value::Store,
};

#[derive(Deserialize, Serialize)]
struct Link {
    short: String,
    url: String,
}

#[http_component]
fn shortener(request: Request) -> anyhow::Result<impl IntoResponse> {
    let mut router = Router::new();
    router.post("/_api/links", create);
    router.get("/:short", follow);
    Ok(router.handle(request))
}

fn create(request: Request, _: Params) -> anyhow::Result<impl IntoResponse> {
    let link: Link = match serde_json::from_slice(request.body()) {
        Ok(link) => link,
        Err(_) => return Ok(Response::new(400, "Bad Request")),
    };
    Store::open_default()?.set_json(&link.short, &link)?;
    Ok(Response::new(201, ()))
}

fn follow(_: Request, params: Params) -> anyhow::Result<impl IntoResponse> {
    let short = params.get("short").unwrap_or_default();
    Ok(match Store::open_default()?.get_json::<Link>(short)? {
        Some(link) => Response::builder()
            .status(301)
            .header("location", link.url)
            .build(),
        None => Response::new(404, "Not Found"),
    })
}
