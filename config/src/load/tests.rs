//! Loading as a whole: which source wins, and what is said about mistakes.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use tempfile::TempDir;

use super::*;

/// Loads a file of this text with these variables. In messages the file is called `nexus.toml`.
fn load(file: &str, env: &[(&str, &str)]) -> Result<Loaded, String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(CONFIG_FILE);
    fs::write(&path, file).unwrap();
    let error = match load_from(Some(&path), env) {
        Ok(loaded) => return Ok(loaded),
        Err(mistakes) => mistakes.to_string(),
    };
    Err(error.replace(&path.display().to_string(), CONFIG_FILE))
}

fn load_from(file: Option<&Path>, env: &[(&str, &str)]) -> Result<Loaded, Mistakes> {
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::load(LoadFrom {
        file: file.map(Path::to_owned),
        env,
    })
}

fn shown(loaded: &Loaded, key: &str) -> String {
    let row = loaded.shown.iter().find(|row| row.key == key).unwrap();
    let origin = match &row.origin {
        Origin::File(_) => "file".to_owned(),
        other => other.to_string(),
    };
    format!("{} ({origin})", row.value)
}

#[test]
fn nothing_given_means_the_defaults() {
    let loaded = load_from(
        None,
        &[
            ("HOME", "/root"),
            ("NEXUS_TEST_X", "1"),
            ("NEXUS_DEMO_ROWS", "1"),
        ],
    );
    let loaded = loaded.unwrap();
    assert_eq!(loaded.settings, Settings::defaults());
    assert_eq!(loaded.file, None);
    assert!(loaded.shown.iter().all(|row| row.origin == Origin::Default));
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = "[postgres]\npool_size = 7\npool_wait = '9s'\n[datasets]\nreject_share_max = 0";
    let loaded = load(file, &[("NEXUS_POSTGRES__POOL_SIZE", "8")]).unwrap();
    assert_eq!(loaded.settings.postgres.pool_size, 8);
    assert_eq!(
        shown(&loaded, "postgres.pool_size"),
        "8 (env NEXUS_POSTGRES__POOL_SIZE)"
    );
    assert_eq!(shown(&loaded, "postgres.pool_wait"), "\"9s\" (file)");
    assert_eq!(shown(&loaded, "postgres.pool_overflow"), "30 (default)");
    assert!(loaded.settings.datasets.reject_share_max.abs() < f64::EPSILON);
}

#[test]
fn every_type_can_come_from_the_environment() {
    let env = [
        ("NEXUS_WORKERS__QUEUES", "{ default = 8 }"),
        ("NEXUS_DATASETS__ROOTS", "in, /srv/in"),
        ("NEXUS_DATASETS__REJECT_SHARE_MAX", "1"),
        ("NEXUS_DATASETS__READ_BLOCK", "65536"),
        ("NEXUS_API__LISTEN", "[::1]:0"),
        ("NEXUS_LOG__FORMAT", "json"),
    ];
    let loaded = load("", &env).unwrap();
    assert_eq!(
        shown(&loaded, "workers.queues"),
        "{ default = 8 } (env NEXUS_WORKERS__QUEUES)"
    );
    assert_eq!(
        shown(&loaded, "datasets.roots"),
        "[\"in\", \"/srv/in\"] (env NEXUS_DATASETS__ROOTS)"
    );
    assert_eq!(
        shown(&loaded, "datasets.read_block"),
        "\"64KiB\" (env NEXUS_DATASETS__READ_BLOCK)"
    );
    assert_eq!(loaded.settings.api.listen.to_string(), "[::1]:0");
}

#[test]
fn the_environment_may_name_the_file_and_the_caller_overrules_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("own.toml");
    fs::write(&path, "[redis]\nprefix = 'own'").unwrap();
    let name = path.to_str().unwrap();
    let loaded = load_from(None, &[(CONFIG_VARIABLE, name)]).unwrap();
    assert_eq!(loaded.settings.redis.prefix, "own");
    assert_eq!(loaded.file, Some(path.clone()));
    load_from(Some(&path), &[(CONFIG_VARIABLE, "/no/such/file")]).unwrap();
    let mistakes = load_from(None, &[(CONFIG_VARIABLE, "no/such/file")]).unwrap_err();
    assert_snapshot!(mistakes, @r#"
    one mistake in the settings:
      no/such/file: the settings file cannot be read (No such file or directory (os error 2)); expected a readable TOML file
    "#);
}

#[test]
fn passwords_are_not_shown() {
    let env = [(
        "NEXUS_POSTGRES__APP_URL",
        "postgres://nexus_app:hunter2@host/db",
    )];
    let loaded = load("[redis]\nurl = 'redis://:hunter2@host'", &env).unwrap();
    assert!(
        loaded
            .settings
            .postgres
            .app_url
            .expose()
            .contains("hunter2")
    );
    assert!(!format!("{loaded:?}").contains("hunter2"));
    assert_eq!(
        shown(&loaded, "postgres.app_url"),
        "\"postgres://nexus_app:***@host/db\" (env NEXUS_POSTGRES__APP_URL)"
    );
}

#[test]
fn a_store_is_shown_without_its_key() {
    let file = "
        [datasets.stores.evidence]
        url = 's3://evidence/2010/'
        access_key_id = 'hunter1'
        secret_access_key = 'hunter2'
    ";
    let loaded = load(file, &[]).unwrap();
    assert!(!format!("{loaded:?}").contains("hunter"));
    assert_snapshot!(shown(&loaded, "datasets.stores"), @r#"{ evidence = { url = "s3://evidence/2010/", endpoint = "", region = "", access_key_id = "***", secret_access_key = "***", anonymous = false, private = false, allow_http = false } } (file)"#);
    let own = "{ own = { url = 'file:///srv/' } }";
    let loaded = load(file, &[("NEXUS_DATASETS__STORES", own)]).unwrap();
    let names: Vec<&String> = loaded.settings.datasets.stores.keys().collect();
    assert_eq!(names, ["own"]);
}

#[test]
fn a_kind_is_told_what_differs_for_it() {
    let file = "
        [kinds.send_letter]
        attempts = 3
        timeout = '30s'
        backoff = { strategy = 'list', waits = ['1s', '1m'] }
        [kinds.'test.task']
        backoff = { strategy = 'fixed', wait = '5s' }
    ";
    let given = [("NEXUS_KINDS__NOOP", "{ attempts = 1 }")];
    let loaded = load(file, &given).unwrap();
    assert_snapshot!(shown(&loaded, "kinds.send_letter"), @r#"{ attempts = 3, timeout = "30s", backoff = { strategy = "list", waits = ["1s", "1m"] } } (file)"#);
    assert_snapshot!(shown(&loaded, "kinds.noop"), @"{ attempts = 1 } (env NEXUS_KINDS__NOOP)");
    let task = loaded.settings.kinds.get("test.task").unwrap();
    assert_eq!(task.attempts, None);
    let given = [
        ("NEXUS_KINDS__A", "{ attempts = 0, timeout = '0s' }"),
        (
            "NEXUS_KINDS__B",
            "{ backoff = { strategy = 'list', waits = [] } }",
        ),
        ("NEXUS_KINDS__C", "{ retries = 1 }"),
        (
            "NEXUS_KINDS__D",
            "{ backoff = { strategy = 'fixed', cap = '1s' } }",
        ),
        ("NEXUS_KINDS__E", "seven"),
    ];
    assert_snapshot!(load("", &given).unwrap_err(), @r#"
    6 mistakes in the settings:
      kinds.c (env NEXUS_KINDS__C): found unknown field `retries`; expected one of `attempts`, `timeout`, `backoff`
      kinds.d (env NEXUS_KINDS__D): found unknown field `cap`; expected `wait`
      kinds.e (env NEXUS_KINDS__E): found string "seven"; expected a table of what differs for the kind, such as { attempts = 3 }
      kinds (env NEXUS_KINDS__B): a: 0 is out of range; expected 1 to 32767
      kinds (env NEXUS_KINDS__B): a: its timeout is zero; expected a duration above zero
      kinds (env NEXUS_KINDS__B): b: 0 waits; expected 1 to 100 waits, such as ["1s", "1m"]
    "#);
}

#[test]
fn mistakes_of_a_store_say_what_is_wrong_and_repeat_no_key() {
    let mistake = |env: &str| {
        let error = load("", &[("NEXUS_DATASETS__STORES", env)]).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
        error
            .lines()
            .nth(1)
            .unwrap_or_default()
            .replace("(env NEXUS_DATASETS__STORES)", "(env)")
    };
    let given = [
        "{ a = { secret_access_key = 'hunter2'",
        "{ secret_access_key = 'hunter2' }",
        "{ a = { url = 's3://hunter2@a/' } }",
        "{ a = { url = 's3://abc' } }",
        "{ a = { anonymous = true } }",
        "{ a = { url = 's3://abc/', key = 'hunter2' } }",
        "{ a = { url = 's3://abc/', secret_access_key = 'hunter2' } }",
    ];
    assert_snapshot!(given.map(mistake).join("\n"), @r#"
    datasets.stores (env): found something else (not shown); expected a table of stores, such as { evidence = { url = "s3://bucket/" } }
    datasets.stores (env): found something else (not shown); expected a table of stores, such as { evidence = { url = "s3://bucket/" } }
    datasets.stores (env): found a url that is refused: it holds a user or a password, which belong into the settings; expected a URL such as "s3://bucket/folder/" or "file:///directory/"
    datasets.stores (env): found a url that is refused: it does not end in /; expected a URL such as "s3://bucket/folder/" or "file:///directory/"
    datasets.stores (env): found something else (not shown); expected a URL such as "s3://bucket/folder/" or "file:///directory/"
    datasets.stores (env): found unknown field `key`; expected one of `url`, `endpoint`, `region`, `access_key_id`, `secret_access_key`, `anonymous`, `private`, `allow_http`
    datasets.stores (env): a: it lacks a key; expected access_key_id and secret_access_key, or anonymous = true
    "#);
}

#[test]
fn mistakes_do_not_repeat_passwords() {
    for file in [
        "[redis]\nurl = 'redis://:hunter2@host\n",
        "[redis]\nurl = ['hunter2']",
        "[redis]\nurl = 'hunter2'",
        "[redis]\nurl = 'http://:hunter2@host'",
        "[redis]\nurl = 'redis://h'\nurl = 'redis://:hunter2@h'",
    ] {
        let error = load(file, &[("NEXUS_POSTGRES__APP_URL", "hunter2")]).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let file = "
        pool_size = 3
        log = 'debug'
        [postgress]
        [postgres]
        pool_sise = 3
        pool_wait = 30
        statement_timeout = '0s'
        owner_url = 'mysql://host/db'
        prefix = 'x'
        [relay]
        frobnicate = true
        push_rows_max = -1
        [workers]
        queues = { default = 0, 'A b' = 1 }
        [api]
        listen = 'localhost'
        [redis]
        prefix = 'a{b'
    ";
    let env = [
        ("NEXUS_POSTGRES__POOL_SIZE", "many"),
        ("NEXUS_POSTGRES__RETRY_BASE", "10s"),
        ("NEXUS_REDIS_URL", "redis://h"),
        ("NEXUS_REDIS__RESPONSE_TIMEOUT", "500ms"),
        ("NEXUS_LEASE__HEARTBEAT", "20s"),
        ("NEXUS_RESCUE__EVERY", "11s"),
        ("NEXUS_DATASETS__REJECT_SHARE_MAX", "nan"),
        ("NEXUS_DATASETS__LINE_BYTES_MAX", "1.5MB"),
        ("NEXUS_DATASETS__ROOTS", "['a"),
        ("NEXUS_LOG__FORMAT", "xml"),
        ("NEXUS_LOG__FILTER", "info,="),
        ("NEXUS_API__LISTEN", "0.0.0.0:80"),
        ("NEXUS_WORKERS__QUEUES__DEFAULT", "3"),
        ("NEXUS_NONSENSE", "1"),
    ];
    assert_snapshot!(load(file, &env).unwrap_err(), @r#"
    28 mistakes in the settings:
      pool_size (nexus.toml): no such section; expected a section of default.toml; did you mean postgres.pool_size?
      log (nexus.toml): found string; expected a section, [log]
      postgress (nexus.toml): no such section; expected a section of default.toml; did you mean postgres?
      postgres.pool_sise (nexus.toml): no such setting; expected a setting of [postgres]; did you mean postgres.pool_size?
      postgres.prefix (nexus.toml): no such setting; expected a setting of [postgres]; did you mean redis.prefix?
      relay.frobnicate (nexus.toml): no such setting; expected a setting of [relay]
      env NEXUS_NONSENSE: no such setting; expected NEXUS_SECTION__KEY, with two underscores between them
      env NEXUS_REDIS_URL: no such setting; expected NEXUS_SECTION__KEY, with two underscores between them; did you mean NEXUS_REDIS__URL?
      env NEXUS_WORKERS__QUEUES__DEFAULT: no such setting; expected NEXUS_SECTION__KEY, with two underscores between them; did you mean NEXUS_WORKERS__QUEUES?
      postgres.pool_wait (nexus.toml): found integer `30`; expected a duration with its unit, such as "250ms", "30s", "15m" or "1h", at most ten years
      relay.push_rows_max (nexus.toml): found integer `-1`; expected a whole number from 0 to 4294967295
      api.listen (nexus.toml): found string "localhost"; expected an IP address and a port, such as "127.0.0.1:8080"
      datasets.line_bytes_max (env NEXUS_DATASETS__LINE_BYTES_MAX): found string "1.5MB"; expected a size such as "64KiB", "2MiB", "1GiB" or a whole number of bytes
      datasets.roots (env NEXUS_DATASETS__ROOTS): found string "['a"; expected a list, such as ["a", "b"]
      log.format (env NEXUS_LOG__FORMAT): found `xml`; expected `human` or `json`
      postgres.pool_size (env NEXUS_POSTGRES__POOL_SIZE): found string "many"; expected a whole number from 0 to 4294967295
      postgres.owner_url (nexus.toml): its scheme is mysql; expected a URL that begins with postgres:// or postgresql://
      postgres.statement_timeout (nexus.toml): 0s is out of range; expected 1ms to 24days, which Postgres can count
      postgres.retry_base (env NEXUS_POSTGRES__RETRY_BASE): postgres.retry_base (10s) is more than postgres.retry_cap (5s); expected postgres.retry_base of at most postgres.retry_cap
      redis.prefix (nexus.toml): found "a{b"; expected a text that is not empty, without braces and whitespace
      lease.heartbeat (env NEXUS_LEASE__HEARTBEAT): lease.ttl (30s) is less than 3 × lease.heartbeat (20s); expected lease.ttl of 1m or more, or a shorter lease.heartbeat
      workers.queues (nexus.toml): "A b" is no name of a queue; expected names of lower-case letters, digits, - and _
      workers.queues (nexus.toml): default = 0 would run nothing; expected 1 or more for each queue; leave out those to pass over
      api.listen (env NEXUS_API__LISTEN): 0.0.0.0:80 can be reached from other machines; expected a loopback address, such as 127.0.0.1:8080: requests are not authenticated yet
      datasets.reject_share_max (env NEXUS_DATASETS__REJECT_SHARE_MAX): NaN is no share; expected a number from 0 to 1
      log.filter (env NEXUS_LOG__FILTER): "info,=" is no filter (invalid filter directive); expected a level, or levels by module such as "info,nexus_workers=debug"
      rescue.every (env NEXUS_RESCUE__EVERY): rescue.every (11s) is more than a third of lease.ttl (30s), so leases might never be judged; expected rescue.every of at most a third of lease.ttl
      redis.response_timeout (env NEXUS_REDIS__RESPONSE_TIMEOUT): workers.fetch_block (1s) is not below redis.response_timeout (500ms); expected workers.fetch_block below redis.response_timeout
    "#);
}

#[test]
fn a_rule_is_not_held_against_a_value_that_was_not_understood() {
    let env = [
        ("NEXUS_REDIS__RETRY_BASE", "10s"),
        ("NEXUS_REDIS__RETRY_CAP", "long"),
    ];
    assert_snapshot!(load("", &env).unwrap_err(), @r#"
    one mistake in the settings:
      redis.retry_cap (env NEXUS_REDIS__RETRY_CAP): found string "long"; expected a duration with its unit, such as "250ms", "30s", "15m" or "1h", at most ten years
    "#);
}

#[test]
fn every_rule_is_about_settings_that_exist() {
    let mut wrong = Settings::defaults();
    let zero = crate::Span::ZERO;
    let store = toml::from_str("url = 's3://abc/'").unwrap();
    wrong.postgres.owner_url = "x://h".parse().unwrap();
    wrong.redis.url = "x://h".parse().unwrap();
    wrong.postgres.retry_base = crate::Span::MAX;
    wrong.redis.response_timeout = zero;
    wrong.relay.poll_busy = crate::Span::MAX;
    wrong.relay.broker_ids_max = 0;
    wrong.lease.ttl = zero;
    wrong.workers.queues.clear();
    wrong.workers.complete_buffer = 0;
    wrong.workers.fetch_block = zero;
    wrong.retry.attempts = 0;
    wrong.retry.cap = zero;
    wrong.history.months_ahead = 0;
    wrong.api.page_max = 0;
    wrong.datasets.chunk_rows = 0;
    wrong.datasets.decoded_ratio_max = 0;
    wrong.datasets.fetch_timeout = zero;
    wrong.datasets.fetch_retry_cap = zero;
    wrong.datasets.stores = [("A".to_owned(), store)].into();
    wrong.log.filter = "=".to_owned();
    let known: Vec<String> = crate::defaults::DEFAULTS
        .keys()
        .map(|key| key.to_string())
        .collect();
    let findings = wrong.findings();
    assert!(findings.len() > 21, "{findings:?}");
    for key in findings.iter().flat_map(|finding| &finding.keys) {
        assert!(known.iter().any(|known| known == key), "{key}");
    }
}
