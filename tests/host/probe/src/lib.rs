//! Makes one host call per request, and answers what came of it: `/get/k`, `/set/k/v`, `/increment/k`, …
//! Below whatever route it is served.
#![cfg(target_family = "wasm")]

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use spin_sdk::{
    experimental::wasi::keyvalue::{atomics, store},
    http::{Request, Response},
    http_service,
    key_value::Store,
    time, variables,
};

type Answer = Result<String, String>;

static KEPT: OnceLock<Store> = OnceLock::new();
static SERVED: AtomicU32 = AtomicU32::new(0);

#[http_service]
async fn probe(request: Request) -> Response<String> {
    let served = SERVED.fetch_add(1, Ordering::Relaxed) + 1;
    let path: Vec<&str> = header(&request, "spin-path-info")
        .split('/')
        .skip(1)
        .collect();
    let (status, body) = match answer(&request, &path, served).await {
        Ok(body) => (200, body),
        Err(error) => (503, error),
    };
    let mut response = Response::new(body);
    *response.status_mut() = spin_sdk::http::StatusCode::from_u16(status).expect("a status");
    response
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    let value = request.headers().get(name);
    value.and_then(|value| value.to_str().ok()).unwrap_or("")
}

async fn answer(request: &Request, path: &[&str], served: u32) -> Answer {
    match path {
        [] => Ok("nothing below the route".into()),
        ["header", name] => Ok(header(request, name).to_owned()),
        ["served"] => Ok(served.to_string()),
        ["panic"] => panic!("asked to"),
        ["log", text] => {
            println!("{text}");
            eprintln!("{text}!");
            Ok(String::new())
        }
        ["wait", millis] => wait(millis.parse().map_err(debug)?).await,
        ["block", millis] => block(millis.parse().map_err(debug)?),
        ["now"] => {
            let now = SystemTime::UNIX_EPOCH.elapsed().map_err(debug)?;
            Ok(now.as_millis().to_string())
        }
        ["variable", name] => variables::get(name).await.map_err(debug),
        ["open", label] => Store::open(label)
            .await
            .map(|_| String::new())
            .map_err(debug),
        ["open-all"] => open_all().await,
        ["kept", key] => get(kept().await?, key).await,
        ["get", key] => get(&open().await?, key).await,
        ["set", key, value] => open()
            .await?
            .set(key, value)
            .await
            .map(|()| String::new())
            .map_err(debug),
        ["keys"] => Ok(open()
            .await?
            .get_keys()
            .await
            .collect()
            .await
            .map_err(debug)?
            .join(" ")),
        ["increment", key] => increment(key),
        _ => Err("no such probe".into()),
    }
}

fn debug(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

async fn open() -> Result<Store, String> {
    Store::open_default().await.map_err(debug)
}

/// Opens one store through WASI's interface and as many as it can get through Spin's.
async fn open_all() -> Answer {
    let _bucket = store::open("default").map_err(debug)?;
    let mut stores = Vec::new();
    loop {
        match open().await {
            Ok(store) => stores.push(store),
            Err(refusal) => return Ok(format!("{} {refusal}", stores.len())),
        }
    }
}

async fn kept() -> Result<&'static Store, String> {
    match KEPT.get() {
        Some(store) => Ok(store),
        None => {
            let opened = open().await?;
            Ok(KEPT.get_or_init(|| opened))
        }
    }
}

async fn get(store: &Store, key: &str) -> Answer {
    let value = store.get(key).await.map_err(debug)?;
    Ok(format!(
        "{:?}",
        value.map(|value| String::from_utf8_lossy(&value).into_owned())
    ))
}

fn increment(key: &str) -> Answer {
    let bucket = store::open("default").map_err(debug)?;
    let count = atomics::increment(&bucket, key, 1).map_err(debug)?;
    Ok(count.to_string())
}

/// Waits as an asynchronous guest does; answers how long it took by its own clock.
async fn wait(millis: u64) -> Answer {
    let start = Instant::now();
    time::sleep(Duration::from_millis(millis)).await;
    Ok(start.elapsed().as_millis().to_string())
}

/// Waits as a blocking guest does, through WASI 0.2.
fn block(millis: u64) -> Answer {
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(millis));
    Ok(start.elapsed().as_millis().to_string())
}
