use crate::engine::rolling::{Ramp, Size};
use crate::plan::saved::{SavedGroup, SavedRolling};

/// What the variables of one host say of how a run goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    pub batch: Option<Wish<Ramp>>,
    /// In seconds.
    pub pause: Option<Wish<u64>>,
    pub max_failures: Option<Wish<Size>>,
    /// Of its groups that keep a number of hosts in service.
    pub in_service: Vec<InService>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish<T> {
    pub value: T,
    /// The file and line that say so.
    pub place: String,
}

/// A group of which some hosts stay in service at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InService {
    pub group: String,
    /// All its hosts in the inventory, whether they take part in the run or not.
    pub size: usize,
    pub keep: usize,
}

impl Wishes {
    pub(in crate::engine) fn saved(&self) -> SavedRolling {
        let group = |it: &InService| SavedGroup { group: it.group.clone(), size: it.size, keep: it.keep };
        SavedRolling {
            batch: self.batch.as_ref().map(|wish| (wish.value.to_string(), wish.place.clone())),
            pause: self.pause.as_ref().map(|wish| (wish.value, wish.place.clone())),
            max_failures: self.max_failures.as_ref().map(|wish| (wish.value.to_string(), wish.place.clone())),
            in_service: self.in_service.iter().map(group).collect(),
        }
    }

    /// What a seal vouches for, we have written; were it not to be read all the same, the careful value counts.
    pub(in crate::engine) fn of_saved(saved: SavedRolling) -> Wishes {
        let SavedRolling { batch, pause, max_failures, in_service } = saved;
        let group = |SavedGroup { group, size, keep }| InService { group, size, keep };
        Wishes {
            batch: batch.map(|(text, place)| Wish { value: Ramp::parse(&text).unwrap_or_default(), place }),
            pause: pause.map(|(value, place)| Wish { value, place }),
            max_failures: max_failures
                .map(|(text, place)| Wish { value: Size::parse(&text).unwrap_or(Size::Hosts(0)), place }),
            in_service: in_service.into_iter().map(group).collect(),
        }
    }
}

/// A variable that has several values among the hosts of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    pub variable: &'static str,
    /// Value and place, in the order of the hosts.
    pub values: Vec<(String, String)>,
}

/// The distinct values among `wishes`, in the order of the hosts.
pub fn distinct<'a, T: PartialEq + 'a>(wishes: impl Iterator<Item = Option<&'a Wish<T>>>) -> Vec<&'a Wish<T>> {
    let mut distinct: Vec<&Wish<T>> = Vec::new();
    for wish in wishes.flatten() {
        if !distinct.iter().any(|known| known.value == wish.value) {
            distinct.push(wish);
        }
    }
    distinct
}

/// What is to be said of `distinct` values, if there are several.
pub fn differing<T: ToString>(variable: &'static str, distinct: &[&Wish<T>]) -> Option<Differing> {
    let value = |wish: &&Wish<T>| (wish.value.to_string(), wish.place.clone());
    (distinct.len() > 1).then(|| Differing { variable, values: distinct.iter().map(value).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_plan_keeps_what_was_wished() {
        let wish = |text| Wish { value: Ramp::parse(text).expect("a ramp"), place: "i.yml:3".to_owned() };
        let wishes = Wishes {
            batch: Some(wish("1, 25%")),
            pause: Some(Wish { value: 30, place: "i.yml:4".to_owned() }),
            max_failures: Some(Wish { value: Size::Percent(10), place: "i.yml:5".to_owned() }),
            in_service: vec![InService { group: "web".to_owned(), size: 6, keep: 5 }],
        };
        for wishes in [wishes, Wishes::default()] {
            assert_eq!(Wishes::of_saved(wishes.saved()), wishes);
        }
    }
}
