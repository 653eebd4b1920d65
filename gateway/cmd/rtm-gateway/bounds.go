package main

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"rtmwasm/gateway"
	"rtmwasm/gateway/natsengine"
)

// boundOptions say which pages and proxies the gateway trusts, and limit how much it serves.
type boundOptions struct {
	origins    origins
	proxies    prefixes
	sessions   int
	perApp     int
	perAddress int
	rate       int

	transfers, appTransfers int

	userBytes, appBytes, memory size

	userMail, appMail int
}

// leastMemory is the smallest --max-memory, in bytes.
const leastMemory = 64 << 20

// origins are the origins whose pages may use the gateway; an empty list allows all origins.
type origins []string

func (o *origins) Set(text string) error {
	list := strings.FieldsFunc(text, isSeparator)
	if len(list) == 0 {
		return errors.New("it names no origin: leave it out to allow all")
	}
	for _, one := range list {
		u, err := url.Parse(one)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != one {
			return fmt.Errorf("%q is not an origin: it needs scheme and host, without a path, such as https://app.example.com", one)
		}
	}
	*o = list
	return nil
}

func (o *origins) String() string { return strings.Join(*o, ",") }

// allow returns a function that reports whether an origin is allowed, or nil if all are.
func (o origins) allow() func(string) bool {
	if len(o) == 0 {
		return nil
	}
	return func(origin string) bool { return slices.Contains(o, origin) }
}

// prefixes are networks or single addresses, separated by commas.
type prefixes []netip.Prefix

func (p *prefixes) Set(text string) error {
	var list prefixes
	for _, one := range strings.FieldsFunc(text, isSeparator) {
		prefix, err := netip.ParsePrefix(one)
		if address, e := netip.ParseAddr(one); e == nil {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return fmt.Errorf("%q is not a network or address: it must be such as 10.0.0.0/8 or 10.0.0.1", one)
		}
		list = append(list, prefix)
	}
	if len(list) == 0 {
		return errors.New("it names no network: leave it out to trust nobody")
	}
	*p = list
	return nil
}

func (p *prefixes) String() string {
	shown := make([]string, len(*p))
	for i, prefix := range *p {
		shown[i] = prefix.String()
	}
	return strings.Join(shown, ",")
}

func (o *boundOptions) register(flags *flag.FlagSet) {
	d := gateway.DefaultLimits()
	flags.Var(&o.origins, "origins", "`ORIGIN[,ORIGIN...]` of the pages that may use the gateway, such as https://app.example.com. The gateway's own pages need not be listed if they come by https, from an IP address or from localhost. By default all origins may")
	flags.Var(&o.proxies, "trusted-proxies", "`NETWORK[,NETWORK...]` of proxies whose X-Forwarded-For and X-Forwarded-Proto the gateway trusts, such as 10.0.0.0/8")
	flags.IntVar(&o.sessions, "max-sessions", d.Sessions, "how many `users` may be logged in at this gateway at the same time")
	flags.IntVar(&o.perApp, "max-app-sessions", 0, "how many `users` of one app may be logged in at this gateway; 0 means as many as --max-sessions")
	flags.IntVar(&o.perAddress, "max-address-connections", d.AddressConnections, "how many `connections` one client address may have open; does not apply to loopback and private addresses")
	flags.IntVar(&o.rate, "max-address-rate", d.AddressRate, "how many `connections` one client address may open in 10 s; does not apply to loopback and private addresses")
	flags.IntVar(&o.transfers, "max-transfers", d.Transfers, "how many `uploads` and downloads may run at this gateway at the same time; each uses about a quarter MiB of memory")
	flags.IntVar(&o.appTransfers, "max-app-transfers", 0, "how many `uploads` and downloads of one app may run at this gateway; 0 means as many as --max-transfers")
	o.memory = memoryDefault()
	flags.Var(&o.memory, "max-memory", "`size` of memory that the process may use, such as 2GiB. When it runs short, the gateway refuses new users, then ends the sessions with the most waiting data. 0B means no limit. In a container the default is four fifths of its memory")
	flags.IntVar(&o.userMail, "max-user-mail", natsengine.DefaultUserMail, "how many `messages` one user may send within seven days to users who are away, at all gateways together; 0 means no limit. To change it for existing streams use rtm-gateway streams")
	flags.IntVar(&o.appMail, "max-app-mail", natsengine.DefaultAppMail, "how many `messages` all users of one app together may send within seven days to users who are away; 0 means no limit")
	flags.Var(&o.userBytes, "max-user-bytes", "`size` of all files of one user together, at all gateways, such as 2GiB; 0B means no limit")
	flags.Var(&o.appBytes, "max-app-bytes", "`size` of all files of one app together, at all gateways, such as 200GiB; 0B means no limit")
}

func (o boundOptions) check() error {
	for name, n := range map[string]int{"max-sessions": o.sessions, "max-address-connections": o.perAddress, "max-address-rate": o.rate, "max-transfers": o.transfers} {
		if n < 1 {
			return fmt.Errorf("--%s is %d, it must be at least 1", name, n)
		}
	}
	for name, n := range map[string]int{"max-app-sessions": o.perApp, "max-app-transfers": o.appTransfers, "max-user-mail": o.userMail, "max-app-mail": o.appMail} {
		if n < 0 {
			return fmt.Errorf("--%s is %d, it must be at least 0", name, n)
		}
	}
	if o.memory > 0 && o.memory < leastMemory {
		return fmt.Errorf("--max-memory is %s, it must be at least %d MiB: an idle gateway needs about half of that", &o.memory, leastMemory>>20)
	}
	return nil
}

// mailQuota returns a quota as the engine expects it: there, a negative number means no limit.
func mailQuota(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

func (o boundOptions) limits() gateway.Limits {
	return gateway.Limits{
		Sessions: o.sessions, AppSessions: o.perApp,
		AddressConnections: o.perAddress, AddressRate: o.rate, TrustedProxies: o.proxies,
		Transfers: o.transfers, AppTransfers: o.appTransfers, Memory: int64(o.memory),
		UserBytes: int64(o.userBytes), AppBytes: int64(o.appBytes),
	}
}
