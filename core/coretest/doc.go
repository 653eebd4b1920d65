// Package coretest holds the conformance suite that every transport of the core passes
// against a real gateway, and a transport in memory.
package coretest
