//! Values that look like dates and amounts.

use nexus_tests::bounded;

use super::{HEADER, PROFILE, loaded, tolerant};

#[tokio::test]
async fn days_that_no_calendar_has_are_rejected() {
    bounded(async {
        let loading = tolerant().await;
        let days = "2010-02-28,1,a\n2010-02-30,2,b\n2011-02-29,3,c\n2012-02-29,4,d\n2010-13-01,5,e\n\
                    0000-00-00,6,f\n9999-12-31,7,g\n20100301,8,h\n2010-03-01T25:00:00,9,i\n,10,j\n";
        insta::assert_snapshot!(loaded(&loading, "days.csv", [HEADER, days].concat()).await, @r#"
        {"date": "2010-02-28", "amount": 1.0000, "row_id": "1", "row_no": 1, "party_name": "a"}
        {"date": "2012-02-29", "amount": 4.0000, "row_id": "4", "row_no": 4, "party_name": "d"}
        ---
        3 bad_date date: 2010-02-30,2,b
        4 bad_date date: 2011-02-29,3,c
        6 bad_date date: 2010-13-01,5,e
        7 bad_date date: 0000-00-00,6,f
        8 date_out_of_range date: 9999-12-31,7,g
        9 bad_date date: 20100301,8,h
        10 bad_date date: 2010-03-01T25:00:00,9,i
        11 missing_field date: ,10,j
        "#);
    })
    .await;
}

#[tokio::test]
async fn amounts_that_are_none_or_too_large_are_rejected() {
    bounded(async {
        let loading = tolerant().await;
        let amounts = [
            "999999999999999.9999",
            "-999999999999999.9999",
            "1000000000000000",
            "-1000000000000000.00",
            "99999999999999999999999999999999999999999999999999",
            "1e400",
            "1e3",
            "NaN",
            "nan",
            "inf",
            "-Infinity",
            "∞",
            "0x10",
            "1.23456",
            "--5",
            "5-",
            "-0",
            "",
            "1,5",
        ];
        let mut file = HEADER.to_owned();
        for amount in amounts {
            file.push_str(&format!("2010-03-01,\"{amount}\",a\n"));
        }
        insta::assert_snapshot!(loaded(&loading, "amounts.csv", file).await, @r#"
        {"date": "2010-03-01", "amount": 999999999999999.9999, "row_id": "1", "row_no": 1, "party_name": "a"}
        {"date": "2010-03-01", "amount": -999999999999999.9999, "row_id": "2", "row_no": 2, "party_name": "a"}
        {"date": "2010-03-01", "amount": 0.0000, "row_id": "17", "row_no": 17, "party_name": "a"}
        ---
        4 amount_overflow amount: 2010-03-01,"1000000000000000",a
        5 amount_overflow amount: 2010-03-01,"-1000000000000000.00",a
        6 amount_overflow amount: 2010-03-01,"99999999999999999999999999999999999999999999999999",a
        7 bad_amount amount: 2010-03-01,"1e400",a
        8 bad_amount amount: 2010-03-01,"1e3",a
        9 bad_amount amount: 2010-03-01,"NaN",a
        10 bad_amount amount: 2010-03-01,"nan",a
        11 bad_amount amount: 2010-03-01,"inf",a
        12 bad_amount amount: 2010-03-01,"-Infinity",a
        13 bad_amount amount: 2010-03-01,"∞",a
        14 bad_amount amount: 2010-03-01,"0x10",a
        15 bad_amount amount: 2010-03-01,"1.23456",a
        16 bad_amount amount: 2010-03-01,"--5",a
        17 bad_amount amount: 2010-03-01,"5-",a
        19 missing_field amount: 2010-03-01,"",a
        20 bad_amount amount: 2010-03-01,"1,5",a
        "#);
    })
    .await;
}

#[tokio::test]
async fn headers_alone_or_ambiguous_fail() {
    bounded(async {
        let loading = tolerant().await;
        let error = async |file: &str| loading.fails("in.csv", file, PROFILE).await;
        insta::assert_snapshot!(error("date,amount,name").await, @"the file has no records, only a header");
        insta::assert_snapshot!(error("\u{feff}date,amount,name\r\n\r\n\r\n").await, @"the file has no records, only a header");
        insta::assert_snapshot!(error("date,amount,amount\n2010-03-01,1,2\n").await, @r#"the header does not fit the profile; more than one column is called "amount" (amount); the file has date, amount, amount"#);
        insta::assert_snapshot!(error("date,amount,name,name\n2010-03-01,1,a,b\n").await, @r#"the header does not fit the profile; more than one column is called "name" (party_name); the file has date, amount, name, name"#);
        insta::assert_snapshot!(error("day,sum,name\n2010-03-01,1,a\n").await, @r#"the header does not fit the profile; missing "date" (date), "amount" (amount); the file has day, sum, name"#);
        insta::assert_snapshot!(error("date,amount,Date\n2010-03-01,1,2\n").await, @r#"the header does not fit the profile; more than one column is called "date" (date); the file has date, amount, Date"#);
        // Columns that nobody asks for may be called anything.
        let unused = "date,x,amount,x,,\n2010-03-01,1,2,3,4,5\n";
        insta::assert_snapshot!(loaded(&loading, "unused.csv", unused).await, @r#"
        {"date": "2010-03-01", "amount": 2.0000, "row_id": "1", "row_no": 1}
        ---
        "#);
    })
    .await;
}
