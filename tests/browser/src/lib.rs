//! Nothing: this package is its tests, of the admin page in a real browser. It is a package of its own so that what
//! they need is built for nothing else.
