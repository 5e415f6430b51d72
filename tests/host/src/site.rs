//! One application at one address: which of its components a request goes to, and what Spin answers itself.

use std::{collections::BTreeMap, iter, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, header::CONTENT_TYPE};
use serde_json::json;

use crate::{
    app::App,
    guest::{Body, Guest},
    host::StartError,
    logs::Logs,
    manifest::Manifest,
    request,
    routes::Routes,
    services::{Common, Services},
};

/// Paths that Spin answers itself.
const WELL_KNOWN: &str = "/.well-known/spin/";

/// An application, serving.
pub(crate) struct Site {
    routes: Routes<Arc<Guest>>,
    pub(crate) logs: Logs,
    /// The application's name and version.
    name: String,
    version: Option<String>,
}

impl Site {
    /// The app's components behind the manifest's routes. Routes to a component that the app has not are left out.
    pub(crate) fn new(
        app: &App,
        manifest: &Manifest,
        common: &Arc<Common>,
    ) -> Result<Self, StartError> {
        let guests = guests(app, manifest, common)?;
        let routes = manifest.triggers.iter().filter_map(|trigger| {
            let guest = guests.get(trigger.component.as_str())?;
            Some((trigger.route.clone(), Arc::clone(guest)))
        });
        Ok(Self {
            routes: Routes::new(routes),
            logs: common.logs.clone(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
        })
    }

    /// Answers one request. An error closes the connection.
    pub(crate) async fn answer(
        &self,
        mut request: Request<Incoming>,
        client: SocketAddr,
    ) -> anyhow::Result<Response<Body>> {
        let path = request.uri().path();
        if let Some(well_known) = path.strip_prefix(WELL_KNOWN) {
            return Ok(self.well_known(well_known));
        }
        let Some((route, guest)) = self.routes.find(path) else {
            return Ok(empty(StatusCode::NOT_FOUND));
        };
        request::set_origin(&mut request)?;
        if let Err(error) = request::add_headers(&mut request, route, client) {
            self.logs.host(format_args!("{error:#}"));
            return Ok(empty(StatusCode::INTERNAL_SERVER_ERROR));
        }
        Ok(guest.serve(request).await.unwrap_or_else(|error| {
            self.logs.host(format_args!("{error:#}"));
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }))
    }

    fn well_known(&self, path: &str) -> Response<Body> {
        match path {
            "health" => Response::new(full("OK")),
            "info" => {
                let info = match &self.version {
                    Some(version) => json!({ "name": self.name, "version": version }),
                    None => json!({ "name": self.name }),
                };
                let mut response = Response::new(full(format!("{info:#}")));
                let json = hyper::header::HeaderValue::from_static("application/json");
                response.headers_mut().insert(CONTENT_TYPE, json);
                response
            }
            _ => empty(StatusCode::NOT_FOUND),
        }
    }
}

/// Each component of the app, with what the manifest grants it, by the manifest's id.
fn guests<'a>(
    app: &'a App,
    manifest: &'a Manifest,
    common: &Arc<Common>,
) -> Result<BTreeMap<&'a str, Arc<Guest>>, StartError> {
    let first = manifest.first_component().ok_or(StartError::NoFirst)?;
    let further = app
        .further
        .iter()
        .map(|(id, handler)| (id.as_str(), handler));
    let mut guests = BTreeMap::new();
    for (id, handler) in iter::once((first, &app.first)).chain(further) {
        let grants = manifest.grants(id);
        let grants = grants.ok_or_else(|| StartError::UnknownComponent(id.to_owned()))?;
        let services = Arc::new(Services {
            common: Arc::clone(common),
            grants: grants.clone(),
        });
        let guest = Guest::new(app.engine.clone(), handler, services)?;
        if guests.insert(id, Arc::new(guest)).is_some() {
            return Err(StartError::SameComponent(id.to_owned()));
        }
    }
    Ok(guests)
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = status;
    response
}

fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}
