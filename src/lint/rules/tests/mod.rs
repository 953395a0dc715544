//! Where rules draw the line. What they are for is in their pages, whose examples are tests as well.

mod building;
mod flow;
mod safety;
