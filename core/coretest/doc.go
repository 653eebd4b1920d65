// Package coretest has the conformance suite for transports of the core. Each transport must pass
// it with a real gateway. The package also has a transport in memory.
package coretest
