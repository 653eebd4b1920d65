package cluster

import (
	"errors"
	"os"
	"sync/atomic"
)

// Most systems take the ports of outgoing connections, and those of listeners that leave the choice
// to the system, from 32768 on. What is free below stays free while other tests run, until its
// program listens there.
const (
	firstPort = 20000
	lowPorts  = 12000
)

// taken counts the ports that this process has looked at. Processes that run side by side begin at
// places of their own.
var taken atomic.Int64

func init() { taken.Store(int64(os.Getpid()) * 97 % lowPorts) }

// FreePorts returns n ports of 127.0.0.1 at which nothing listens. On Linux they stay with this process
// until it ends, also while their programs are down: no other process gets them, neither from
// FreePorts nor from the system.
func FreePorts(n int) (free []int, err error) {
	for range lowPorts {
		if len(free) == n {
			return free, nil
		}
		port := firstPort + int(taken.Add(1)%lowPorts)
		if reserve(port) == nil {
			free = append(free, port)
		}
	}
	return nil, errors.New("cluster: too few ports are free")
}
