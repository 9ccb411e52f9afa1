//! `zdt import` where there is nothing to read.

use super::place::Place;

#[test]
fn a_good_inventory_is_not_written_over_by_one_of_nothing() {
    let place = Place::new();
    place.write("out.yml", "all: {hosts: {web1: {app_name: shop}}}\n");
    let ran = place.zdt(&["import", "-i", "inventory.yml", "box", "--out", "out.yml", "--force"]);
    ran.ended_with(3)
        .says("host `box` is a sandbox: nothing runs there")
        .says("No host was read: out.yml was not written.");
    assert_eq!(place.read("out.yml"), "all: {hosts: {web1: {app_name: shop}}}\n");
    // Neither is a file made that would be in the way of the next try.
    let ran = place.zdt(&["import", "-i", "inventory.yml", "box", "--out", "new.yml"]);
    ran.ended_with(3).says("new.yml was not written");
    assert!(!place.path("new.yml").exists());
}

#[test]
fn a_server_that_is_named_in_two_ways_is_no_two_hosts() {
    let place = Place::empty();
    for (hosts, name) in [
        (&["web1", "deploy@web1"][..], "web1"),
        (&["web1:22", "web1:2222"], "web1"),
        (&["fe80::1", "fe80--1"], "fe80--1"),
    ] {
        let ran = place.zdt(&[&["import"], hosts].concat());
        ran.ended_with(64).says(&format!("`{name}` is named twice, and reached in two ways"));
    }
}
