//go:build !linux

package app

// putAside is for Linux alone.
func putAside() {}
