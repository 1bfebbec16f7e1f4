//go:build race

package app_test

// raced is whether the race detector is on, which makes each request several times as dear.
const raced = true
