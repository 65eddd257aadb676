use super::*;

fn dialect(text: &str) -> String {
    let Table { dialect, width } = sniff(text.as_bytes()).unwrap();
    format!(
        "{:?} {:?} {:?} header {} skip {} comment {:?} width {width}{}",
        char::from(dialect.delimiter),
        dialect.quote.map(char::from),
        dialect.inside,
        dialect.header,
        dialect.skip_lines,
        dialect.comment.map(char::from),
        if dialect.blank_tails { " and more" } else { "" }
    )
}

#[test]
fn the_even_table_wins() {
    let rows = |delimiter: &str| {
        let rows: Vec<String> = (1..20)
            .map(|n| {
                ["x", "1,50", "2,50", "a b"]
                    .join(delimiter)
                    .replace('x', &n.to_string())
            })
            .collect();
        format!(
            "{}\n{}",
            ["id", "debit", "credit", "text"].join(delimiter),
            rows.join("\n")
        )
    };
    for (delimiter, shown) in [(";", "';'"), ("\t", "'\\t'"), ("|", "'|'"), ("^", "'^'")] {
        assert_eq!(
            dialect(&rows(delimiter)),
            format!("{shown} Some('\"') Doubled header true skip 0 comment None width 4")
        );
    }
}

#[test]
fn titles_and_comments_are_passed() {
    let text = "Statement of account\n\nFrom;2024-01-01\n# made by hand\nDate;Amount;Text\n\
        2024-01-01;1,50;a\n# another, and; more\n2024-01-02;2,50;b\n2024-01-03;2,50;c\n";
    insta::assert_snapshot!(dialect(text), @r#"';' Some('"') Doubled header true skip 4 comment Some('#') width 3"#);
}

#[test]
fn quotes_count_only_where_they_enclose() {
    insta::assert_snapshot!(dialect("a,b\n\"x,y\",1\n\"z\",2\n"), @r#"',' Some('"') Doubled header true skip 0 comment None width 2"#);
    insta::assert_snapshot!(dialect("a,b\n'x,y',1\n'z',2\n'w',3\n"), @r"',' Some('\'') Doubled header true skip 0 comment None width 2");
    insta::assert_snapshot!(dialect("id,size\n1,\"5\n2,\"7\n3,\"9\n4,8\n"), @"',' None Doubled header true skip 0 comment None width 2");
}

#[test]
fn quotes_inside_quotes() {
    insta::assert_snapshot!(dialect("a,b\n\"x \"\"y\"\" z\",1\n\"w\",2\n"), @r#"',' Some('"') Doubled header true skip 0 comment None width 2"#);
    insta::assert_snapshot!(dialect("a,b\n\"x \"y\" z\",1\n\"w\",2\n"), @r#"',' Some('"') Stray header true skip 0 comment None width 2"#);
    insta::assert_snapshot!(dialect("a,b\n\"x \\\"y, z\\\" w\",1\n\"w\",2\n"), @r#"',' Some('"') Backslash header true skip 0 comment None width 2"#);
    insta::assert_snapshot!(dialect("a,b\n\"C:\\\",1\n\"D:\\\",2\n\"E:\",3\n"), @r#"',' Some('"') Doubled header true skip 0 comment None width 2"#);
}

#[test]
fn delimiters_at_the_end_make_no_column() {
    insta::assert_snapshot!(dialect("date,amount\n2024-01-01,1,\n2024-01-02,2,\n"), @r#"',' Some('"') Doubled header true skip 0 comment None width 2 and more"#);
    insta::assert_snapshot!(dialect("date,amount\n2024-01-01,1\n2024-01-02,2,,\n2024-01-02,2\n"), @r#"',' Some('"') Doubled header true skip 0 comment None width 2 and more"#);
}

#[test]
fn values_at_the_top_are_no_header() {
    insta::assert_snapshot!(dialect("1,2024-01-01,abc\n2,2024-01-02,def\n"), @r#"',' Some('"') Doubled header false skip 0 comment None width 3"#);
    insta::assert_snapshot!(dialect("alpha,beta\n1,x\n2,y\n"), @r#"',' Some('"') Doubled header true skip 0 comment None width 2"#);
    insta::assert_snapshot!(dialect("alpha,beta\nx,x\ny,y\n"), @r#"',' Some('"') Doubled header false skip 0 comment None width 2"#);
    insta::assert_snapshot!(dialect("amount\n1.50\n2\n"), @r#"',' Some('"') Doubled header true skip 0 comment None width 1"#);
}
