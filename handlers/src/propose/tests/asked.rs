//! What must be asked and not guessed.

use super::*;
use crate::process_dataset::text::steps::{StepUnit, Steps};

fn days(days: &[&str]) -> String {
    let rows = days.iter().map(|day| format!("{day},12.50\n"));
    format!("date,amount\n{}", rows.collect::<String>())
}

fn amounts(amounts: &[&str]) -> String {
    let rows = amounts
        .iter()
        .map(|amount| format!("2024-01-31;{amount}\n"));
    format!("date;amount\n{}", rows.collect::<String>())
}

#[test]
fn dates_that_can_be_read_both_ways() {
    let csv = days(&["03/03/2010", "03/04/2010", "11/12/2010"]);
    let open = proposal(&csv);
    insta::assert_snapshot!(show(&open), @r#"
        transactions sure: you say so
        date → date | %d/%m/%Y ? | asked | 3 of 3 values are days as %d/%m/%Y; header says 'date'; day and month can be read both ways
        amount → amount | decimals after "." | sure | 3 of 3 values are amounts like 12.50; header says 'amount'; 12.50 proves the "." before the decimals
        ? Does the day or the month come first in "date"? (every value can be read both ways)
          --dates day-first: the day first: 03/04/2010 is 2010-04-03
          --dates month-first: the month first: 03/04/2010 is 2010-03-04
        "#);
    insta::assert_snapshot!(open.toml, @r#"
        # Proposed from the first 3 records of "file.csv".
        # Open: Does the day or the month come first in "date"? (every value can be
        # read both ways)
        type = "transactions"
        description = "As in file.csv"
        # The sample is plain ASCII, which does not tell the encoding: a load looks at
        # the first bytes of each file.
        encoding = "auto"

        [csv]
        delimiter = ","

        [columns]
        row_id = "@row"
        date = "date"
        amount = "amount"

        [amount]
        decimal_mark = "."
        negative = ["leading_minus"]

        [date]
        # formats = ["%d/%m/%Y"]  # the day first
        # formats = ["%m/%d/%Y"]  # the month first
        "#);
    // Unanswered, nothing is loaded in a wrong order.
    assert_eq!(load(&csv, &open), (3, 0));
    for (order, format) in [
        (DateOrder::DayFirst, "formats = [\"%d/%m/%Y\"]"),
        (DateOrder::MonthFirst, "formats = [\"%m/%d/%Y\"]"),
    ] {
        let mut answers = transactions();
        answers.give(Answer::Dates(order));
        let answered = propose(&sample(&csv), &answers);
        assert_eq!(answered.questions, []);
        assert!(answered.toml.contains(format), "{}", answered.toml);
        assert_eq!(load(&csv, &answered), (3, 3));
    }
}

#[test]
fn one_value_proves_the_order() {
    let day = proposal(&days(&["03/04/2010", "13/04/2010", "11/12/2010"]));
    let month = proposal(&days(&["03/04/2010", "04/13/2010", "11/12/2010"]));
    insta::assert_snapshot!(show(&day), @r#"
        transactions sure: you say so
        date → date | %d/%m/%Y | sure | 3 of 3 values are days as %d/%m/%Y; header says 'date'; 13/04/2010 proves that the day comes first
        amount → amount | decimals after "." | sure | 3 of 3 values are amounts like 12.50; header says 'amount'; 12.50 proves the "." before the decimals
        "#);
    insta::assert_snapshot!(show(&month), @r#"
        transactions sure: you say so
        date → date | %m/%d/%Y | sure | 3 of 3 values are days as %m/%d/%Y; header says 'date'; 04/13/2010 proves that the month comes first
        amount → amount | decimals after "." | sure | 3 of 3 values are amounts like 12.50; header says 'amount'; 12.50 proves the "." before the decimals
        "#);
    // A wrong answer does not go before a proof.
    let mut answers = transactions();
    answers.give(Answer::Dates(DateOrder::DayFirst));
    let csv = days(&["03/04/2010", "04/13/2010"]);
    assert_eq!(load(&csv, &propose(&sample(&csv), &answers)), (2, 2));
}

#[test]
fn orders_that_are_mixed() {
    let csv = days(&["03/04/2010", "13/04/2010", "04/13/2010"]);
    let open = proposal(&csv);
    insta::assert_snapshot!(show(&open), @r#"
        transactions sure: you say so
        date → date | %d/%m/%Y, %m/%d/%Y ? | asked | 3 of 3 values are days as %d/%m/%Y, %m/%d/%Y; header says 'date'; 13/04/2010 and 04/13/2010 have different orders
        amount → amount | decimals after "." | sure | 3 of 3 values are amounts like 12.50; header says 'amount'; 12.50 proves the "." before the decimals
        ? Does the day or the month come first in "date"? (13/04/2010 can only be day first and 04/13/2010 only month first)
          --dates day-first: the day first: 03/04/2010 is 2010-04-03
          --dates month-first: the month first: 03/04/2010 is 2010-03-04
        "#);
    let mut answers = transactions();
    answers.give(Answer::Dates(DateOrder::MonthFirst));
    let answered = propose(&sample(&csv), &answers);
    assert!(
        answered
            .toml
            .contains(r#"formats = ["%m/%d/%Y", "%d/%m/%Y"]"#),
        "{}",
        answered.toml
    );
    assert_eq!(load(&csv, &answered), (3, 3));
}

#[test]
fn points_that_may_be_for_thousands() {
    let csv = amounts(&["1.234", "5.000", "12"]);
    let open = proposal(&csv);
    insta::assert_snapshot!(show(&open), @r#"
        transactions sure: you say so
        date → date | %Y-%m-%d | sure | 3 of 3 values are days as %Y-%m-%d; header says 'date'
        amount → amount | decimals ? | asked | 3 of 3 values are amounts like 5.000; header says 'amount'; 1.234 can be read both ways
        ? What stands before the decimals in "amount"? (every value can be read both ways)
          --decimal-mark .: a point before the decimals: 1.234 is 1.2340
          --decimal-mark ,: a comma before the decimals: 1.234 is 1234.0000
        "#);
    insta::assert_snapshot!(open.toml, @r#"
        # Proposed from the first 3 records of "file.csv".
        # Open: What stands before the decimals in "amount"? (every value can be read
        # both ways)
        type = "transactions"
        description = "As in file.csv"
        # The sample is plain ASCII, which does not tell the encoding: a load looks at
        # the first bytes of each file.
        encoding = "auto"

        [csv]
        delimiter = ";"

        [columns]
        row_id = "@row"
        date = "date"
        # amount = "amount"  # open: see [amount]

        [amount]
        # decimal_mark = "."
        # thousands_marks = []
        # decimal_mark = ","
        # thousands_marks = ["."]
        negative = ["leading_minus"]

        [date]
        formats = ["%Y-%m-%d"]
        "#);
    // Unanswered, the profile cannot be used at all: either reading would load something.
    assert!(Profile::parse(&open.toml).is_err());
    for (mark, sum) in [(DecimalMark::Point, "6.234"), (DecimalMark::Comma, "6234")] {
        let mut answers = transactions();
        answers.give(Answer::DecimalMark(mark));
        let answered = propose(&sample(&csv), &answers);
        assert_eq!(answered.questions, [], "{sum}");
        assert_eq!(load(&csv, &answered), (3, 3));
    }
}

#[test]
fn one_amount_proves_the_mark() {
    for (values, mark) in [
        (["1.234", "1.234,5", "7"], "\",\""),
        (["1,234", "1,234.5", "7"], "\".\""),
        (["1.234", "1.234.567", "7"], "\",\""),
        (["1.5", "1.234", "7"], "\".\""),
        (["12", "13", "7"], "\".\""),
    ] {
        let csv = amounts(&values);
        let proposal = proposal(&csv);
        assert_eq!(proposal.questions, [], "{values:?}");
        assert!(
            proposal.toml.contains(&format!("decimal_mark = {mark}")),
            "{}",
            proposal.toml
        );
        assert_eq!(load(&csv, &proposal), (3, 3));
    }
}

#[test]
fn marks_that_are_mixed() {
    insta::assert_snapshot!(show(&proposal(&amounts(&["1.234,50", "1,234.50", "7"]))), @r#"
        transactions sure: you say so
        date → date | %Y-%m-%d | sure | 3 of 3 values are days as %Y-%m-%d; header says 'date'
        amount → amount | decimals ? | asked | 2 of 3 values are amounts like 1,234.50; header says 'amount'; 1,234.50 and 1.234,50 have different marks
        ? What stands before the decimals in "amount"? (1,234.50 can only have a point before its decimals and 1.234,50 only a comma; the others will be rejected)
          --decimal-mark .: a point before the decimals: 1,234.50 is 1234.5000
          --decimal-mark ,: a comma before the decimals: 1,234.50 is rejected
        "#);
}

#[test]
fn debit_and_credit_marks() {
    let csv = amounts(&["12.50 DR", "7.00 CR", "1.00"]);
    let open = proposal(&csv);
    insta::assert_snapshot!(show(&open), @r#"
        transactions sure: you say so
        date → date | %Y-%m-%d | sure | 3 of 3 values are days as %Y-%m-%d; header says 'date'
        amount → amount | decimals after "." | asked | 3 of 3 values are amounts like 12.50 DR; header says 'amount'; 12.50 DR proves the "." before the decimals
        ? Which is negative in "amount", DR or CR? (12.50 DR)
          --negative dr: DR, as the account's holder sees it
          --negative cr: CR, as who pays sees it
        "#);
    let mut answers = transactions();
    answers.give(open.questions[0].choices[1].answer.unwrap());
    let answered = propose(&sample(&csv), &answers);
    assert!(answered.toml.contains("\"cr_suffix\""), "{}", answered.toml);
    assert_eq!(load(&csv, &answered), (3, 3));
}

#[test]
fn fields_that_nothing_fills() {
    insta::assert_snapshot!(show(&proposal("name,colour\nx,red\ny,blue\n")), @r"
        transactions sure: you say so
        name → party_name | . | sure | 2 of 2 values are there; header says 'name'
        colour →  | . | not loaded | neither its name nor its values tell a field
        ? Which column is the date? Each row of transactions needs one, and no column looks like it: name it in the profile.
        ? Which column is the amount? Each row of transactions needs one, and no column looks like it: name it in the profile.
        ");
    insta::assert_snapshot!(show(&proposal("date,amount\nthe third,1.50\nthe fourth,1.60\n")), @r#"
        transactions sure: you say so
        date → date |  ? | asked | no known way to write dates fits; header says 'date'
        amount → amount | decimals after "." | sure | 2 of 2 values are amounts like 1.60; header says 'amount'; 1.50 proves the "." before the decimals
        ? How does "date" write its dates, like "the third"? No known way fits: give its formats in the profile.
        "#);
}

#[test]
fn steps_are_asked_for_and_then_read() {
    let csv = "sourceNodeId,targetNodeId,value,time\n360,18984,103.55,1\n269,9237,178.96,1\n269,360,12.00,30\n";
    let open = proposal(csv);
    insta::assert_snapshot!(show(&open), @r#"
        transactions sure: its columns speak of 'source', 'target'
        sourceNodeId → payer_account | . | sure | 3 of 3 values are there; header says 'sourceNodeId'
        targetNodeId → payee_account | . | sure | 3 of 3 values are there; header says 'targetNodeId'
        value → amount | decimals after "." | sure | 3 of 3 values are amounts like 178.96; header says 'value'; 103.55 proves the "." before the decimals
        time → date | steps ? | asked | 3 of 3 values are whole numbers; no column has dates, and the header says 'time'
        ? "time" counts and has no dates: from which day does it count, and in which unit?
          --steps-from 2020-01-01 --step day: 0 is this day, and 1 the next (or hour, week, month)
        "#);
    let answers = Answers {
        steps: Some(Steps {
            origin: "2020-01-01".parse().unwrap(),
            unit: StepUnit::Day,
        }),
        ..Answers::default()
    };
    let answered = propose(&sample(csv), &answers);
    assert_eq!(answered.questions, []);
    insta::assert_snapshot!(answered.toml, @r#"
        # Proposed from the first 3 records of "file.csv".
        type = "transactions"
        description = "As in file.csv"
        # The sample is plain ASCII, which does not tell the encoding: a load looks at
        # the first bytes of each file.
        encoding = "auto"

        [csv]
        delimiter = ","

        [columns]
        row_id = "@row"
        amount = "value"
        payer_account = "sourceNodeId"
        payee_account = "targetNodeId"
        date = "time"

        [amount]
        decimal_mark = "."
        negative = ["leading_minus"]

        [date]
        steps = { origin = "2020-01-01", unit = "day" }

        # The same row again? None of 3 in the sample repeats these fields of an
        # earlier one, as they are written:
        # [duplicates]
        # key = ["date", "amount", "payee_account", "payer_account"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
    assert_eq!(load(csv, &answered), (3, 3));
}

#[test]
fn the_type_can_be_said() {
    let answers = Answers {
        dataset_type: Some(DatasetType::Expenses),
        ..Answers::default()
    };
    let proposal = propose(&sample("date,amount\n2024-01-31,1.50\n"), &answers);
    assert_eq!(
        (proposal.dataset_type, proposal.type_sure),
        ("expenses", Sure::Sure)
    );
}
