use std::fs;

use nexus_config::Settings;
use tempfile::TempDir;

use super::*;

/// `data/in.csv` under a root, `exports/out.csv` under a store, `spool/up.csv`, `secret.csv`.
fn house() -> (TempDir, AllowList) {
    let dir = TempDir::new().unwrap();
    for file in [
        "data/in.csv",
        "exports/a b.csv",
        "spool/up.csv",
        "secret.csv",
    ] {
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    let mut settings = Settings::defaults().datasets;
    settings.roots = vec![dir.path().join("data")];
    settings.spool = dir.path().join("spool");
    let exports = format!("file://{}/exports/", dir.path().display());
    settings.stores = toml::from_str(&format!(
        "exports = {{ url = '{exports}' }}
         whole = {{ url = 's3://evidence/', anonymous = true }}
         part = {{ url = 's3://evidence/2010/', anonymous = true }}
         other = {{ url = 's3://other/in/', anonymous = true }}
         google = {{ url = 'gs://google/', anonymous = true }}"
    ))
    .unwrap();
    (dir, AllowList::new(&settings))
}

fn outside(list: &AllowList, text: &str) -> Result<Place, NotAdmitted> {
    list.place(text, Asker::Outside)
}

fn reason(list: &AllowList, text: &str) -> UrlRefused {
    match outside(list, text) {
        Err(NotAdmitted::Url { reason, .. }) => reason,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_path_is_judged_by_the_roots_and_by_directories_among_the_stores() {
    let (dir, list) = house();
    let dir = fs::canonicalize(dir.path()).unwrap();
    let file = |name: &str| Ok(Place::File(dir.join(name)));
    let at = |name: &str| dir.join(name).display().to_string();
    assert_eq!(outside(&list, &at("data/in.csv")), file("data/in.csv"));
    assert_eq!(
        outside(&list, &at("exports/a b.csv")),
        file("exports/a b.csv")
    );
    let url = format!("file://{}", at("exports/a%20b.csv"));
    assert_eq!(outside(&list, &url), file("exports/a b.csv"));
    for secret in [
        at("secret.csv"),
        format!("file://{}", at("secret.csv")),
        format!("file://{}", at("data/%2e%2e/secret.csv")),
        format!("file://{}", at("data/..%2fsecret.csv")),
    ] {
        assert!(
            matches!(outside(&list, &secret), Err(NotAdmitted::Path(_))),
            "{secret}"
        );
    }
    assert_eq!(reason(&list, "file://host/x"), UrlRefused::NotAPath);
    assert_eq!(reason(&list, "file://data/in.csv"), UrlRefused::NotAPath);
}

#[test]
fn what_was_uploaded_is_admitted_on_our_own_word_only() {
    let (dir, list) = house();
    let upload = dir.path().join("spool/up.csv").display().to_string();
    assert!(matches!(outside(&list, &upload), Err(NotAdmitted::Path(_))));
    assert!(list.place(&upload, Asker::Ourselves).is_ok());
}

#[test]
fn the_store_that_covers_an_object_most_closely_is_about_it() {
    let (_dir, list) = house();
    let store = |text: &str| match outside(&list, text).unwrap() {
        Place::Object { url, store } => (url.to_string(), store),
        Place::File(path) => panic!("{path:?}"),
    };
    let object = |url: &str, store: &str| (url.to_owned(), store.to_owned());
    assert_eq!(
        store("s3://evidence/2010/x"),
        object("s3://evidence/2010/x", "part")
    );
    assert_eq!(
        store("s3://evidence/2011/x"),
        object("s3://evidence/2011/x", "whole")
    );
    assert_eq!(
        store("S3://other/in/%61"),
        object("s3://other/in/a", "other")
    );
}

#[test]
fn no_spelling_leads_past_the_list() {
    let (_dir, list) = house();
    for text in [
        "s3://nobody/x",
        "s3://other/x",
        "s3://other/inx/y",
        "s3://other/IN/x",
        "s3://evidence.other/in/x",
        "gs://other/in/x",
    ] {
        assert_eq!(reason(&list, text), UrlRefused::Unlisted, "{text}");
    }
    for (text, why) in [
        ("s3://other/in/../x", NotAnObjectUrl::Dots),
        ("s3://other/in/%2e%2e/x", NotAnObjectUrl::Dots),
        ("s3://other/in/..%2fx", NotAnObjectUrl::EncodedSlash),
        ("s3://other/in//x", NotAnObjectUrl::EmptySegment),
        ("s3://u@other/in/x", NotAnObjectUrl::UserInfo),
        ("http://other/in/x", NotAnObjectUrl::Scheme),
    ] {
        assert_eq!(reason(&list, text), UrlRefused::NotAnObject(why), "{text}");
    }
    if cfg!(not(feature = "gcs")) {
        let refused = UrlRefused::NotBuiltIn(StoreScheme::Gs);
        assert_eq!(reason(&list, "gs://google/x"), refused);
    }
}

#[test]
fn an_admitted_source_is_admitted_again_as_itself() {
    let (dir, list) = house();
    let path = dir.path().join("data/../data/in.csv").display().to_string();
    for (text, name) in [
        ("s3://evidence/2010/May%20%2312.csv", "May #12.csv"),
        (&path, "in.csv"),
    ] {
        let admitted = Admitted::try_from(outside(&list, text).unwrap()).unwrap();
        assert_eq!(admitted.name, name);
        let again = outside(&list, &admitted.source).unwrap();
        assert_eq!(Admitted::try_from(again), Ok(admitted));
    }
}

#[test]
fn the_message_says_what_is_listed_and_no_password() {
    let (_dir, list) = house();
    let text = |text: &str| outside(&list, text).unwrap_err().to_string();
    insta::assert_snapshot!(
        text("s3://nobody/x.csv"),
        @"s3://nobody/x.csv: no store covers it; allowed (datasets.stores): gs://google/, s3://other/in/, s3://evidence/2010/, s3://evidence/"
    );
    for secret in [
        "s3://id:hunter2@other/in/x",
        "s3://other/in/x?X-Amz-Signature=hunter2",
        "s3://other/in/x?a@hunter2",
    ] {
        assert!(!text(secret).contains("hunter2"), "{secret}");
    }
    let none = AllowList::new(&Settings::defaults().datasets);
    insta::assert_snapshot!(
        outside(&none, "s3://evidence/x\n").unwrap_err(),
        @r"s3://evidence/x\n: it holds a control character; no store is allowed (datasets.stores)"
    );
}
