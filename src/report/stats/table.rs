use anstyle::Style;

use super::{Looks, NONE, at_least, megabytes, memory_words, rate_sum, sum};
use crate::report::printable;
use crate::report::style::{CHANGED, FAINT, REMOVED, STRONG, paint};
use crate::resource::{Memory, MemoryKind, PumaSeen, Total, WorkerSeen};

/// A longer word is cut.
const WIDEST: usize = 24;

struct Cell {
    text: String,
    style: Style,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

struct Column {
    title: &'static str,
    side: Side,
    cells: Vec<Cell>,
}

/// The workers of one Puma, its main process and their total, a line each.
pub fn puma_table(puma: &PumaSeen, clock: u64, looks: Looks) -> String {
    let total = Total::of([puma]);
    let kind = total.memory_kind();
    // In single mode the worker is the main process.
    let main = puma.pid.filter(|pid| !puma.workers.iter().any(|worker| worker.pid == Some(*pid)));
    let mut columns = Vec::new();
    let mut column =
        |title: &'static str, side: Side, of_main: String, of_worker: &dyn Fn(&WorkerSeen) -> Cell, of_all: String| {
            let mut cells: Vec<Cell> = main.map(|_| plain(of_main)).into_iter().collect();
            cells.extend(puma.workers.iter().map(of_worker));
            cells.push(Cell { text: of_all, style: STRONG });
            columns.push(Column { title, side, cells });
        };
    use Side::{Left, Right};
    let nothing = String::new;
    column("worker", Left, "master".to_owned(), &|worker| plain(name(puma, worker)), "total".to_owned());
    column("pid", Right, main.map_or_else(nothing, |pid| pid.to_string()), &|worker| number(worker.pid), nothing());
    column(
        "used/max",
        Right,
        nothing(),
        &|worker| plain(format!("{}/{}", figure(worker.used()), figure(worker.max))),
        format!("{}/{}", sum(total.used), sum(total.max)),
    );
    column("spawned", Right, nothing(), &|worker| number(worker.spawned), sum(total.spawned));
    column("backlog", Right, nothing(), &backlog, sum(total.backlog));
    column("capacity", Right, nothing(), &|worker| number(worker.capacity), sum(total.capacity));
    column("requests", Right, nothing(), &|worker| number(worker.requests), sum(total.requests));
    if looks == Looks::Repeated {
        let rate =
            |worker: &WorkerSeen| plain(worker.rate.map_or_else(|| NONE.to_owned(), |rate| format!("{rate:.1}")));
        column("req/s", Right, nothing(), &rate, rate_sum(total.rate));
    }
    // No Puma tells it.
    column("oldest", Right, nothing(), &|_| plain(NONE.to_owned()), nothing());
    column("phase", Right, nothing(), &|worker| number(worker.phase), nothing());
    column("booted", Left, nothing(), &booted, nothing());
    let of_main = puma.release.as_deref().map_or_else(nothing, cut);
    column("release", Left, of_main, &|worker| release(puma, worker), nothing());
    let of_all = total.memory.known.map_or_else(|| NONE.to_owned(), |bytes| at_least(total.memory, megabytes(bytes)));
    let of_main = memory(puma.memory, kind);
    column(memory_words(kind), Right, of_main, &|worker| plain(memory(worker.memory, kind)), of_all);
    column("check-in", Right, nothing(), &|worker| plain(ago(worker.checkin, clock)), nothing());
    lines(&columns)
}

fn lines(columns: &[Column]) -> String {
    let width = |column: &Column| {
        let cells = column.cells.iter().map(|cell| cell.text.chars().count());
        cells.chain([column.title.chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let rows = columns.first().map_or(0, |column| column.cells.len());
    let mut out = String::new();
    let mut row = |cell_of: &dyn Fn(&Column) -> (String, Style)| {
        let mut line = String::new();
        for (column, width) in columns.iter().zip(&widths) {
            let (text, style) = cell_of(column);
            let blanks = " ".repeat(width.saturating_sub(text.chars().count()));
            let shown = if text.is_empty() || style == Style::new() { text } else { paint(style, text) };
            let cell = if column.side == Side::Right { format!("{blanks}{shown}") } else { format!("{shown}{blanks}") };
            line.push_str("  ");
            line.push_str(&cell);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    };
    row(&|column| (column.title.to_owned(), FAINT));
    for index in 0..rows {
        row(&|column| {
            column
                .cells
                .get(index)
                .map_or_else(|| (String::new(), Style::new()), |cell| (cell.text.clone(), cell.style))
        });
    }
    out
}

fn plain(text: String) -> Cell {
    Cell { text, style: Style::new() }
}

fn figure(figure: Option<impl std::fmt::Display>) -> String {
    figure.map_or_else(|| NONE.to_owned(), |figure| figure.to_string())
}

fn number(number: Option<impl std::fmt::Display>) -> Cell {
    plain(figure(number))
}

fn name(puma: &PumaSeen, worker: &WorkerSeen) -> String {
    if worker.index.is_none() && worker.pid == puma.pid { "single".to_owned() } else { figure(worker.index) }
}

fn backlog(worker: &WorkerSeen) -> Cell {
    let style = if worker.backlog > Some(0) { CHANGED } else { Style::new() };
    Cell { text: figure(worker.backlog), style }
}

fn booted(worker: &WorkerSeen) -> Cell {
    let (text, style) = match worker.booted {
        Some(true) => ("yes", Style::new()),
        Some(false) => ("no", REMOVED),
        None => (NONE, Style::new()),
    };
    Cell { text: text.to_owned(), style }
}

/// Marked where it is not the current one.
fn release(puma: &PumaSeen, worker: &WorkerSeen) -> Cell {
    let is_old = puma.current.is_some() && worker.release.is_some() && puma.current != worker.release;
    let style = if is_old { CHANGED } else { Style::new() };
    Cell { text: worker.release.as_deref().map_or_else(|| NONE.to_owned(), cut), style }
}

/// `of_all`: what the column's title says already.
fn memory(memory: Option<Memory>, of_all: Option<MemoryKind>) -> String {
    let Some(Memory { kind, bytes }) = memory else { return NONE.to_owned() };
    #[expect(clippy::cast_precision_loss, reason = "no process takes 2^53 bytes")]
    let size = megabytes(bytes as f64);
    if of_all.is_some() { size } else { format!("{size} {}", memory_words(Some(kind))) }
}

fn ago(checkin: Option<u64>, clock: u64) -> String {
    // Its master and we read the same clock, and not at the same moment.
    checkin.map_or_else(|| NONE.to_owned(), |checkin| format!("{} s ago", clock.saturating_sub(checkin)))
}

fn cut(word: &str) -> String {
    let word = printable(word).replace(['\n', '\t'], " ");
    if word.chars().count() <= WIDEST {
        return word;
    }
    word.chars().take(WIDEST - 1).chain(['…']).collect()
}
