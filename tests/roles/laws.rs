//! What holds for any text.

use proptest::prelude::*;
use zdt::resource::Facts;
use zdt::role::{Library, built_in};

use super::{own, variables};

/// What a language makes of a quoted word: the inverse of a filter, written independently of it.
fn unquote(word: &str, doubled: &[char]) -> Option<String> {
    let Some(inner) = word.strip_prefix('"') else {
        return (!word.is_empty() && !word.contains(|c: char| c.is_whitespace() || "\"'\\#$%;{}".contains(c)))
            .then(|| word.to_owned());
    };
    let mut characters = inner.strip_suffix('"')?.chars();
    let mut text = String::new();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.push(characters.next()?),
            '"' => return None,
            _ if doubled.contains(&character) => {
                (characters.next()? == character).then_some(())?;
                text.push(character);
            }
            _ => text.push(character),
        }
    }
    Some(text)
}

fn library(filter: &str) -> Library {
    let role = "description: x\nparams:\n  word: {type: text, required: true, description: x}\n\
                resources:\n  - template: {src: a.tera, dest: /a, mode: '0600'}\n";
    let template = format!("{{{{ word | {filter} }}}}");
    let files = own("mine", &[("role.yml", role), ("templates/a.tera", &template)]);
    Library::parse(&files).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn rendered(library: &Library, word: &str) -> Option<String> {
    let yaml = serde_json::to_string(word).unwrap();
    let bound = library.bind(&variables(&format!("zdt_roles: [mine]\nword: !unsafe {yaml}\n"))).ok()?;
    let desired = bound.render(&Facts::new()).ok()?;
    let bytes = desired.resources[0].desired.content()?.bytes.clone()?;
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_quoted_value_is_that_value(word in r##"[a-z "'`$(){}#%;\\/é-]{0,12}"##) {
        for (filter, doubled, refused) in [("ruby", &[][..], ""), ("nginx", &[], "$"), ("systemd", &['%', '$'], "")] {
            let text = rendered(&library(filter), &word);
            if word.contains(|character| refused.contains(character)) {
                prop_assert_eq!(text, None);
                continue;
            }
            let text = text.unwrap_or_default();
            prop_assert_eq!(unquote(&text, doubled), Some(word.clone()), "{} made {}", filter, text);
        }
    }

    #[test]
    fn ruby_literals_interpolate_nothing(word in r##"[#{}$@a"\\]{0,8}"##) {
        let text = rendered(&library("ruby"), &word).unwrap_or_default();
        let bare = text.replace("\\\\", "").replace("\\#", "");
        prop_assert!(!bare.contains('#'), "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(role in r"[a-z:{}\[\]\n \-|%']{0,80}", template in r"[a-z{}%| \n.-]{0,40}") {
        let mut files = built_in();
        let role = format!("description: x\n{role}");
        files.extend(own("mine", &[("role.yml", &role), ("templates/a.tera", &template)]));
        if let Err(faults) = Library::parse(&files) {
            prop_assert!(!faults.is_empty());
            super::places(&faults);
        }
    }
}
