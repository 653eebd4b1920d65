package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/token"
	"rtmwasm/version"
)

// plan is the load that the command line describes.
type plan struct {
	gateway, app string
	certificate  string // "" if the app has none
	prefix       string // of user and channel ids

	sessions int
	ramp     time.Duration
	duration time.Duration

	peerRate    float64 // messages a second, of all users together
	channels    int
	members     int     // of each channel
	channelRate float64 // messages a second, to all channels together
	size        int     // bytes of a message

	uploads    int // at a time
	uploadSize int // bytes
	settle     time.Duration
}

const usage = `Usage: rtm-load [flags]

Puts load on a gateway: logs users in, sends messages and files as these users, and
prints how long each operation took and what was lost. Latency is measured from the time
at which an operation was due, not from the time at which it began. So a stall also counts
for the operations that had to wait behind it. The exit code is 1 if anything failed or was
lost, and 2 if a flag is wrong.

With --certificate, rtm-load makes a token for each user.

Flags:
`

// parsePlan reads the command line. For --help and --version it writes the text to out and
// returns nil.
func parsePlan(args []string, out io.Writer) (*plan, error) {
	p := &plan{}
	flags := flag.NewFlagSet("rtm-load", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&p.gateway, "gateway", "http://127.0.0.1:8080", "`address` of the gateway")
	flags.StringVar(&p.app, "app", "0123456789abcdef0123456789abcdef", "app `id`")
	flags.StringVar(&p.certificate, "certificate", os.Getenv("RTM_CERTIFICATE"), "the app's `certificate`, if logins need a token. Prefer the environment variable RTM_CERTIFICATE: other users can see a command line")
	flags.StringVar(&p.prefix, "prefix", fmt.Sprint("load", os.Getpid()), "`beginning` of user and channel ids")
	flags.IntVar(&p.sessions, "sessions", 100, "how many `users` to log in")
	flags.DurationVar(&p.ramp, "ramp", 5*time.Second, "`time` over which the users log in")
	flags.DurationVar(&p.duration, "duration", 10*time.Second, "for how much `time` to send messages and files")
	flags.Float64Var(&p.peerRate, "peer-rate", 100, "`messages` a second from user to user, in total; 0 for none")
	flags.IntVar(&p.channels, "channels", 0, "how many `channels` to use")
	flags.IntVar(&p.members, "members", 10, "how many `users` each channel has")
	flags.Float64Var(&p.channelRate, "channel-rate", 10, "`messages` a second to channels, in total")
	flags.IntVar(&p.size, "size", 1000, "`bytes` of a message")
	flags.IntVar(&p.uploads, "uploads", 0, "how many `files` to upload at a time; each is then downloaded")
	flags.IntVar(&p.uploadSize, "upload-size", 1<<20, "`bytes` of a file")
	flags.DurationVar(&p.settle, "settle", 5*time.Second, "longest `time` to wait at the end, for the last joins and messages, and for clients whose connection broke")
	printVersion := flags.Bool("version", false, "print the version and exit")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		flags.SetOutput(out)
		flags.PrintDefaults()
		return nil, nil
	case *printVersion:
		fmt.Fprintln(out, "rtm-load "+version.String())
		return nil, nil
	case err != nil:
		return nil, err
	case flags.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return p, p.check()
}

// token makes the token with which a user logs in. It is "" if the app has no certificate.
func (p *plan) token(uid string) (string, error) {
	if p.certificate == "" {
		return "", nil
	}
	return token.Mint(token.V007, token.Grant{App: p.app, Certificate: p.certificate, UID: uid, Issued: time.Now(), Validity: token.MaxValidity})
}

// perClient is how many messages a second one client may send: core.SendRate is for 3 s.
const perClient = float64(core.SendRate) / 3

func (p *plan) check() error {
	switch gateway, err := url.Parse(p.gateway); {
	case err != nil || gateway.Scheme != "http" && gateway.Scheme != "https" || gateway.Host == "":
		return fmt.Errorf("--gateway %s is not an address such as http://127.0.0.1:8080 or https://rtm.example.org", p.gateway)
	case p.sessions < 2:
		return errors.New("--sessions must be at least 2")
	case p.peerRate < 0 || p.channelRate < 0 || p.channels < 0 || p.uploads < 0:
		return errors.New("--peer-rate, --channel-rate, --channels and --uploads must be 0 or more")
	case p.peerRate > 0.9*perClient*float64(p.sessions):
		return fmt.Errorf("--peer-rate %g is more than %d users may send: a client may send %g messages a second", p.peerRate, p.sessions, perClient)
	case p.channels > 0 && (p.members < 2 || p.members > p.sessions):
		return errors.New("--members must be from 2 to the number of sessions")
	case p.channels > 0 && p.channels*p.members > core.MaxJoinedChannels*p.sessions:
		return fmt.Errorf("%d channels of %d members need more than the %d channels that each user may join", p.channels, p.members, core.MaxJoinedChannels)
	case p.channels > 0 && p.channelRate > 0.9*perClient*float64(p.channels):
		return fmt.Errorf("--channel-rate %g is too much for one sender in each of %d channels: a client may send %g messages a second", p.channelRate, p.channels, perClient)
	case p.size < headBytes || p.size > core.MaxMessageBytes:
		return fmt.Errorf("--size must be from %d to %d bytes", headBytes, core.MaxMessageBytes)
	case p.uploads > p.sessions:
		return errors.New("--uploads must not be more than --sessions")
	case p.uploads > 0 && (p.uploadSize < 1 || p.uploadSize > core.MaxMediaBytes):
		return fmt.Errorf("--upload-size must be from 1 to %d bytes", core.MaxMediaBytes)
	}
	return nil
}
