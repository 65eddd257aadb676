use proptest::prelude::*;

use super::*;

fn object(text: &str) -> Result<String, NotAnObjectUrl> {
    text.parse::<ObjectUrl>().map(|url| url.to_string())
}

fn covers(prefix: &str, url: &str) -> bool {
    let prefix: ObjectPrefix = prefix.parse().unwrap();
    prefix.covers(&url.parse().unwrap())
}

#[test]
fn a_url_names_a_bucket_and_a_key() {
    let url: ObjectUrl = "S3://evidence/2010/May%20%231.csv".parse().unwrap();
    assert_eq!(url.scheme(), StoreScheme::S3);
    assert_eq!(url.bucket(), "evidence");
    assert_eq!(url.key(), "2010/May #1.csv");
    assert_eq!(url.file_name(), "May #1.csv");
    assert_eq!(url.to_string(), "s3://evidence/2010/May %231.csv");
}

#[test]
fn every_other_spelling_is_refused_or_made_the_same() {
    use NotAnObjectUrl as No;
    for (text, expected) in [
        ("gs://a-b.c_d/x", Ok("gs://a-b.c_d/x")),
        ("s3://abc/100%25.csv", Ok("s3://abc/100%25.csv")),
        ("s3://abc/%61", Ok("s3://abc/a")),
        ("s3://abc/..a/b..", Ok("s3://abc/..a/b..")),
        ("abc/x", Err(No::Scheme)),
        ("http://abc/x", Err(No::Scheme)),
        ("s3:/abc/x", Err(No::Scheme)),
        ("s3://key:secret@abc/x", Err(No::UserInfo)),
        ("s3://abc/x?versionId=1", Err(No::Query)),
        ("s3://abc?x", Err(No::Query)),
        ("s3://abc/x#1", Err(No::Fragment)),
        ("s3://ab/x", Err(No::Bucket)),
        ("s3:///x", Err(No::Bucket)),
        ("s3://abc:9000/x", Err(No::Bucket)),
        ("s3://ABC/x", Err(No::Bucket)),
        ("s3://a..c/x", Err(No::Bucket)),
        ("s3://.abc/x", Err(No::Bucket)),
        ("s3://ab%63/x", Err(No::Bucket)),
        ("s3://abc", Err(No::NoObject)),
        ("s3://abc/", Err(No::NoObject)),
        ("s3://abc/x/", Err(No::NoObject)),
        ("s3://abc//x", Err(No::EmptySegment)),
        ("s3://abc/x//y", Err(No::EmptySegment)),
        ("s3://abc/../x", Err(No::Dots)),
        ("s3://abc/x/./y", Err(No::Dots)),
        ("s3://abc/x/%2e%2E/y", Err(No::Dots)),
        ("s3://abc/x/.%2e/y", Err(No::Dots)),
        ("s3://abc/x%2fy", Err(No::EncodedSlash)),
        ("s3://abc/..%2Fy", Err(No::EncodedSlash)),
        ("s3://abc/x%", Err(No::Encoding)),
        ("s3://abc/x%2", Err(No::Encoding)),
        ("s3://abc/x%zz", Err(No::Encoding)),
        ("s3://abc/x%+f", Err(No::Encoding)),
        ("s3://abc/x%ff", Err(No::Encoding)),
        ("s3://abc/x%00", Err(No::Control)),
        ("s3://abc/x\ny", Err(No::Control)),
    ] {
        assert_eq!(object(text), expected.map(str::to_owned), "{text}");
    }
    let long = format!("s3://abc/{}", "x".repeat(1025));
    assert_eq!(object(&long), Err(No::TooLong));
}

#[test]
fn a_prefix_ends_in_a_slash_and_covers_what_lies_below() {
    for none in ["s3://abc", "s3://abc/x"] {
        assert_eq!(none.parse::<ObjectPrefix>(), Err(NotAnObjectUrl::NoFolder));
    }
    assert!("s3://abc//".parse::<ObjectPrefix>().is_err());
    assert!("s3://abc/../".parse::<ObjectPrefix>().is_err());
    assert!(covers("s3://abc/", "s3://abc/x"));
    assert!(covers("s3://abc/x/", "s3://abc/x/y/z"));
    assert!(covers("s3://abc/a%25/", "s3://abc/a%25/z"));
    assert!(!covers("s3://abc/x/", "s3://abc/xy/z"));
    assert!(!covers("s3://abc/x/", "s3://abc/x"));
    assert!(!covers("s3://abc/", "s3://abcd/x"));
    assert!(!covers("s3://abc/", "gs://abc/x"));
    assert_eq!(
        "S3://abc/x%20y/"
            .parse::<ObjectPrefix>()
            .unwrap()
            .to_string(),
        "s3://abc/x y/"
    );
}

proptest! {
    #[test]
    fn what_is_shown_reads_back(text in "s3://[a-z]{3,5}/([ -~ä/]|%[0-9a-f]{2}){1,20}") {
        if let Ok(url) = text.parse::<ObjectUrl>() {
            prop_assert_eq!(url.to_string().parse::<ObjectUrl>(), Ok(url));
        }
    }

    #[test]
    fn no_url_leads_out_of_its_prefix(text in "s3://abc/x/([.%2eEfF/\\\\a]){1,12}") {
        if let Ok(url) = text.parse::<ObjectUrl>() {
            prop_assert!(url.key().starts_with("x/"));
            let clean = |segment: &str| !["", ".", ".."].contains(&segment);
            prop_assert!(url.key().split('/').all(clean));
        }
    }

    #[test]
    fn no_text_panics(text in ".*") {
        let _ = (text.parse::<ObjectUrl>(), text.parse::<ObjectPrefix>());
    }
}
