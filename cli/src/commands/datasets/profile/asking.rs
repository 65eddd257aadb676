//! Putting open questions to whoever sits at the terminal.

use std::io::{self, BufRead, Write};

use anyhow::Context as _;
use nexus_handlers::propose::{Answer, Answers, Choice, Proposal, Question, Sample, propose};

/// Asks until nothing is open that can be answered here. An empty line leaves the rest open.
pub(super) fn ask(
    sample: &Sample,
    answers: &mut Answers,
    proposal: Proposal,
) -> anyhow::Result<Proposal> {
    let (stdin, stderr) = (io::stdin().lock(), io::stderr());
    ask_with(sample, answers, proposal, stdin, stderr).context("asking at the terminal")
}

fn ask_with(
    sample: &Sample,
    answers: &mut Answers,
    mut proposal: Proposal,
    mut from: impl BufRead,
    mut to: impl Write,
) -> io::Result<Proposal> {
    while let Some(question) = proposal
        .questions
        .iter()
        .find(|question| can_be_chosen(question))
    {
        let Some(answer) = choose(question, &mut from, &mut to)? else {
            break;
        };
        answers.give(answer);
        proposal = propose(sample, answers);
    }
    Ok(proposal)
}

fn can_be_chosen(question: &Question) -> bool {
    !question.choices.is_empty()
        && question
            .choices
            .iter()
            .all(|choice| choice.answer.is_some())
}

/// One answer; `None` where there is none.
fn choose(
    question: &Question,
    from: &mut impl BufRead,
    to: &mut impl Write,
) -> io::Result<Option<Answer>> {
    writeln!(to, "{}", question.text)?;
    for (number, choice) in (1..).zip(&question.choices) {
        writeln!(to, "  {number}  {}", choice.means)?;
    }
    loop {
        write!(
            to,
            "1 to {}, or nothing to leave it open: ",
            question.choices.len()
        )?;
        to.flush()?;
        let mut line = String::new();
        from.read_line(&mut line)?;
        if line.trim().is_empty() {
            return Ok(None);
        }
        let number = line
            .trim()
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_sub(1));
        let chosen: Option<&Choice> = number.and_then(|number| question.choices.get(number));
        if let Some(choice) = chosen {
            return Ok(choice.answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use nexus_handlers::process_dataset::head::Head;
    use nexus_handlers::propose::{DateOrder, read_sample};

    use super::*;

    fn asked(typed: &str) -> (Answers, Proposal, String) {
        let csv = "date,amount,payer\n03/04/2024,1.50,A\n05/06/2024,2.50,B\n";
        let head = Head::read(csv.as_bytes(), 1000).unwrap();
        let sample = read_sample(&head, "x.csv").unwrap();
        let mut answers = Answers::default();
        let proposal = propose(&sample, &answers);
        let mut shown = Vec::new();
        let proposal = ask_with(
            &sample,
            &mut answers,
            proposal,
            typed.as_bytes(),
            &mut shown,
        )
        .unwrap();
        (answers, proposal, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn an_answer_is_taken_once_it_is_one() {
        let (answers, proposal, shown) = asked("day\n3\n0\n2\n");
        assert_eq!(answers.dates, Some(DateOrder::MonthFirst));
        assert_eq!(proposal.questions, []);
        insta::assert_snapshot!(shown.lines().take(3).collect::<Vec<_>>().join("\n"), @r#"
            Does the day or the month come first in "date"? (every value can be read both ways)
              1  the day first: 03/04/2024 is 2024-04-03
              2  the month first: 03/04/2024 is 2024-03-04
            "#);
    }

    #[test]
    fn silence_leaves_it_open() {
        for typed in ["", "\n"] {
            let (answers, proposal, _) = asked(typed);
            assert_eq!(answers, Answers::default());
            assert_eq!(proposal.questions.len(), 1);
        }
    }
}
