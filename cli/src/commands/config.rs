//! `nexus config`

use clap::Subcommand;
use nexus_config::{Loaded, Mistakes, ShownSetting};
use nexus_producer::schedules::of_settings;
use serde::Serialize;

use crate::exit::Exit;
use crate::output::style::Style;
use crate::output::{Look, Output};

/// What to see of the settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting as nexus.toml would write it, passwords hidden
    Show {
        /// Say where each value comes from
        #[arg(long)]
        origin: bool,
    },
    /// Find every mistake; exit code 2 if there is one
    Check,
}

#[derive(Debug, Serialize)]
struct Checked {
    file: Option<String>,
    mistakes: Vec<String>,
}

pub(super) fn run(
    command: &ConfigCommand,
    loaded: Result<Loaded, Mistakes>,
    output: Output,
) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Show { origin } => {
            output.show(&loaded?.shown, |shown, look| render(shown, *origin, look))?;
            Ok(Exit::Ok)
        }
        ConfigCommand::Check => check(&loaded, output),
    }
}

fn check(loaded: &Result<Loaded, Mistakes>, output: Output) -> anyhow::Result<Exit> {
    let checked = match loaded {
        Ok(loaded) => Checked {
            file: loaded.file.as_ref().map(|path| path.display().to_string()),
            // What their types do not carry of schedules, the engine judges.
            mistakes: of_settings(&loaded.settings.schedules)
                .err()
                .unwrap_or_default(),
        },
        Err(mistakes) => Checked {
            file: None,
            mistakes: mistakes.iter().map(ToString::to_string).collect(),
        },
    };
    output.show(&checked, |checked, _| match loaded {
        Err(mistakes) => mistakes.to_string(),
        Ok(_) if !checked.mistakes.is_empty() => checked.mistakes.join("\n"),
        Ok(_) => format!(
            "no mistakes ({})",
            checked.file.as_deref().unwrap_or("no settings file")
        ),
    })?;
    Ok(if checked.mistakes.is_empty() {
        Exit::Ok
    } else {
        Exit::Usage
    })
}

/// The settings as TOML: what is printed can be written to nexus.toml.
fn render(shown: &[ShownSetting], origin: bool, look: &Look) -> String {
    let mut lines = Vec::new();
    let mut section = "";
    for setting in shown {
        let (own, name) = setting.key.split_once('.').unwrap_or(("", &setting.key));
        if own != section {
            if !section.is_empty() {
                lines.push(String::new());
            }
            section = own;
            lines.push(look.paint(Style::Bold, &format!("[{own}]")));
        }
        let line = format!("{name} = {}", setting.value);
        lines.push(if origin {
            let comment = look.paint(Style::Dim, &format!("# {}", setting.origin));
            format!("{line:45} {comment}")
        } else {
            line
        });
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use nexus_config::Origin;

    use super::*;

    #[test]
    fn settings_are_printed_as_their_file_would_hold_them() {
        let setting = |key: &str, value: &str, origin| ShownSetting {
            key: key.into(),
            value: value.into(),
            origin,
        };
        let shown = [
            setting(
                "postgres.app_url",
                "\"postgres://a:***@db/x\"",
                Origin::Env("NEXUS_POSTGRES__APP_URL".into()),
            ),
            setting("postgres.pool_size", "20", Origin::Default),
            setting(
                "redis.prefix",
                "\"nexus\"",
                Origin::File("nexus.toml".into()),
            ),
        ];
        insta::assert_snapshot!(render(&shown, true, &Look::fixed()), @r#"
        [postgres]
        app_url = "postgres://a:***@db/x"             # env NEXUS_POSTGRES__APP_URL
        pool_size = 20                                # default

        [redis]
        prefix = "nexus"                              # nexus.toml
        "#);
    }
}
