package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listen listens on the address of a flag.
func listen(flagName, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w%s", flagName, err, listenAdvice(err))
	}
	return l, nil
}

func listenAdvice(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return ": stop the program that uses it, or choose another address"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return ": no interface of this machine has this address; 0.0.0.0 means all addresses"
	case errors.Is(err, syscall.EACCES):
		return ": give the gateway the capability CAP_NET_BIND_SERVICE for ports below 1024, or choose another port behind a proxy"
	}
	return ""
}

// isLoopback reports whether only this machine can reach an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// checkAddress returns an error if the address of a flag is malformed.
func checkAddress(flagName, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("--%s is %q, it must be an address and a port, such as 127.0.0.1:8080, or :8080 for all addresses", flagName, address)
	}
	return nil
}
