//! Variables.

use embedded_host::{Host, StartError, VariableSources, VariablesError};

use crate::{ask, get, host, manifest, probe, serve};

#[tokio::test]
async fn the_component_sees_its_templates_filled_in() {
    let host = serve().await;
    assert_eq!(ask(&host, "/variable/greeting").await, "hello, world");
    assert_eq!(ask(&host, "/variable/token").await, "secret");
}

#[tokio::test]
async fn a_variable_can_change_while_serving() {
    let host = serve().await;
    host.set_variable("token", "rotated").expect("declared");
    assert_eq!(ask(&host, "/variable/token").await, "rotated");
    let undeclared = host.set_variable("typo", "x");
    assert_eq!(undeclared, Err(VariablesError::Undeclared("typo".into())));
}

#[tokio::test]
async fn errors_are_of_the_variant_that_spin_gives() {
    let host = serve().await;
    host.faults()
        .before("variables.get")
        .key("token")
        .fail("vault is sealed");
    for (path, error) in [
        ("/variable/undeclared", "Undefined"),
        ("/variable/Bad-Name", "InvalidName"),
        ("/variable/token", "Provider(\"vault is sealed\")"),
    ] {
        let (status, answer) = get(&host, path).await;
        assert_eq!(status, 503);
        assert!(answer.contains(error), "{path}: {answer}");
    }
    assert_eq!(host.counts().of("variables.get"), 3);
}

#[tokio::test]
async fn a_missing_required_variable_says_how_to_set_it() {
    let outcome = Host::builder(probe(), &manifest()).start().await;
    let Err(StartError::Variables(error)) = outcome else {
        panic!("it started");
    };
    let sentence = error.to_string();
    assert!(
        sentence.contains("SPIN_VARIABLE_TOKEN=$(openssl rand -hex 32) cargo run"),
        "{sentence}"
    );
}

#[tokio::test]
async fn overrides_come_before_the_environment_of_the_builder() {
    let mut sources = VariableSources::default();
    sources.set("token", "from the sources");
    let host = host().variables(sources).variable("greeting", "ahoy");
    let host = host.start().await.expect("a host");
    assert_eq!(ask(&host, "/variable/token").await, "from the sources");
    assert_eq!(ask(&host, "/variable/greeting").await, "ahoy, world");
}
