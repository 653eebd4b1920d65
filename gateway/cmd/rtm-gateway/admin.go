package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"rtmwasm/gateway/rest"
)

const adminUsage = `Usage: rtm-gateway admin COMMAND [ARGUMENTS] [flags]

Shows and changes sessions, bans, channels and media of a running service, by its
control API (docs/openapi.yaml). Any gateway of a cluster can answer.

  sessions                      who is logged in
  session USER                  one session, with its channels
  channels                      channels that have members
  members CHANNEL               who is in a channel
  kick USER                     ends the user's session; they may log in again
  ban USER --for DURATION       ends the session and keeps the user out for this time
  bans                          who is banned, until when and why
  unban USER                    lifts a ban
  attributes CHANNEL            shows the attributes of a channel; --set, --delete or
                                --clear change them, --notify tells the members
  send-media FILE --as USER     stores a file and sends it --to USER or --channel
                                CHANNEL; a picture is sent as an image message
  media-url MEDIA               a URL of a file that needs no login
  media-delete MEDIA            deletes a file
  usage [USER]                  how much the files of the app, or of a user, take

Examples:

  export RTM_REST_KEY=backend:SECRET@APPID
  rtm-gateway admin sessions --gateway https://rtm.example.org
  rtm-gateway admin ban spammer --for 24h --reason 'sells watches'
  rtm-gateway admin attributes garden --set topic=roses --as Server --notify
  rtm-gateway admin send-media photo.jpg --as Server --channel garden
  rtm-gateway admin bans --json | jq -r '.bans[].user_id'

Exit codes: 0 done, 1 the gateway refused it or could not be reached, 2 wrong arguments.

Flags:
`

// adminFlags are the flags of all commands. adminCommand.flags says which ones a command accepts.
type adminFlags struct {
	gateway, key, app string
	json              bool

	ban      time.Duration
	reason   string
	set      stringList
	remove   stringList
	clear    bool
	as       string
	notify   bool
	to       string
	channel  string
	kind     string
	name     string
	text     string
	thumb    string
	offline  bool
	wait     bool
	expires  time.Duration
	download string
}

// stringList is the value of a flag that may be repeated.
type stringList []string

func (l *stringList) Set(text string) error { *l = append(*l, text); return nil }
func (l *stringList) String() string        { return strings.Join(*l, " ") }

func (f *adminFlags) register(flags *flag.FlagSet) {
	flags.StringVar(&f.gateway, "gateway", "http://127.0.0.1:8080", "`URL` of a gateway, or of its --rest-listen")
	flags.StringVar(&f.key, "rest-key", "", "`ID:SECRET[@APPID]` of the gateway's --rest-key. Better give it as RTM_REST_KEY, because others can see a command line")
	flags.StringVar(&f.app, "app", "", "`APPID` of the app, unless the key names it")
	flags.BoolVar(&f.json, "json", false, "print the answer of the API, in JSON")
	durationVar(flags, &f.ban, "for", 0, "ban: how long the ban lasts, such as 30m or 24h")
	flags.StringVar(&f.reason, "reason", "", "ban: `text` for operators; the command bans shows it")
	flags.Var(&f.set, "set", "attributes: `KEY=VALUE` to add or change; may be repeated")
	flags.Var(&f.remove, "delete", "attributes: `KEY` to delete; may be repeated")
	flags.BoolVar(&f.clear, "clear", false, "attributes: delete all")
	flags.StringVar(&f.as, "as", "", "attributes, send-media: the `user` in whose name it is done")
	flags.BoolVar(&f.notify, "notify", false, "attributes: tell the members of the channel")
	flags.StringVar(&f.to, "to", "", "send-media: the `user` who gets it")
	flags.StringVar(&f.channel, "channel", "", "send-media: the `channel` that gets it")
	flags.StringVar(&f.kind, "type", "", "send-media: `IMAGE or FILE`; by default IMAGE for a picture")
	flags.StringVar(&f.name, "name", "", "send-media: the file `name` that receivers see; the default is the name of FILE")
	flags.StringVar(&f.text, "description", "", "send-media: a `text` to send with the file")
	flags.StringVar(&f.thumb, "thumbnail", "", "send-media: `FILE` with a small picture to put into the message")
	flags.BoolVar(&f.offline, "offline", false, "send-media: keep the message for a user who is away")
	flags.BoolVar(&f.wait, "wait", false, "send-media: say whether the user's client got it")
	durationVar(flags, &f.expires, "expires", time.Hour, "media-url: how long the URL works")
	flags.StringVar(&f.download, "download", "", "media-url: the `name` under which browsers save the file; without it they show the file")
}

// adminCommand is what follows "rtm-gateway admin".
type adminCommand struct {
	name        string
	least, most int      // how many arguments
	flags       []string // that it accepts besides those of all commands
	run         func(ctx context.Context, a *adminCall) error
}

var adminCommands = []adminCommand{
	{"sessions", 0, 0, nil, adminSessions},
	{"session", 1, 1, nil, adminSession},
	{"channels", 0, 0, nil, adminChannels},
	{"members", 1, 1, nil, adminMembers},
	{"kick", 1, 1, nil, adminKick},
	{"ban", 1, 1, []string{"for", "reason"}, adminBan},
	{"bans", 0, 0, nil, adminBans},
	{"unban", 1, 1, nil, adminUnban},
	{"attributes", 1, 1, []string{"set", "delete", "clear", "as", "notify"}, adminAttributes},
	{"send-media", 1, 1, []string{"as", "to", "channel", "type", "name", "description", "thumbnail", "offline", "wait"}, adminSendMedia},
	{"media-url", 1, 1, []string{"expires", "download"}, adminMediaURL},
	{"media-delete", 1, 1, nil, adminMediaDelete},
	{"usage", 0, 1, nil, adminUsageOf},
}

// adminCall is one run of a command.
type adminCall struct {
	adminFlags
	args   []string
	client adminClient
	out    io.Writer
}

// errUsage says what is wrong with a command line.
type errUsage struct{ text string }

func (e errUsage) Error() string { return e.text }

// runAdmin runs the subcommand admin and returns the exit code.
func runAdmin(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &adminCall{out: stdout}
	flags := newFlags("rtm-gateway admin")
	a.register(flags)
	command, err := a.parse(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		printUsage(stdout, adminUsage, flags)
		return 0
	}
	if err == nil {
		err = command.run(ctx, a)
	}
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(errUsage)):
		fmt.Fprintf(stderr, "rtm-gateway admin: %v; see rtm-gateway admin --help\n", err)
		return 2
	}
	fmt.Fprintf(stderr, "rtm-gateway admin: %v\n", err)
	return 1
}

// parse reads the command line. Flags may come before and after arguments.
func (a *adminCall) parse(flags *flag.FlagSet, args []string) (command adminCommand, err error) {
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return command, err
			}
			return command, errUsage{err.Error()}
		}
		if args = flags.Args(); len(args) > 0 {
			a.args, args = append(a.args, args[0]), args[1:]
		}
	}
	if len(a.args) == 0 {
		return command, errUsage{"a command is missing, such as sessions"}
	}
	i := slices.IndexFunc(adminCommands, func(c adminCommand) bool { return c.name == a.args[0] })
	if i < 0 {
		return command, errUsage{fmt.Sprintf("there is no command %q", a.args[0])}
	}
	command, a.args = adminCommands[i], a.args[1:]
	if n := len(a.args); n < command.least || n > command.most {
		return command, errUsage{fmt.Sprintf("%s takes %s, not %d", command.name, counted(command.least, command.most), n)}
	}
	flags.Visit(func(f *flag.Flag) {
		if !slices.Contains(append([]string{"gateway", "rest-key", "app", "json"}, command.flags...), f.Name) {
			err = errUsage{fmt.Sprintf("%s does not take --%s", command.name, f.Name)}
		}
	})
	if err == nil {
		a.client, err = a.connect()
	}
	return command, err
}

func counted(least, most int) string {
	switch {
	case most == 0:
		return "no arguments"
	case least == most:
		return "one argument"
	}
	return "one argument at most"
}

// connect finds the gateway, the app and the key. Its errors do not show secrets.
func (a *adminCall) connect() (adminClient, error) {
	text := a.key
	if text == "" {
		text = os.Getenv("RTM_REST_KEY")
	}
	all := strings.FieldsFunc(text, isSeparator)
	if len(all) == 0 {
		return adminClient{}, errUsage{"a key is missing: set RTM_REST_KEY, or give --rest-key"}
	}
	key, err := rest.ParseKey(all[0])
	if err != nil {
		return adminClient{}, errUsage{"the key: " + err.Error()}
	}
	app := a.app
	if app == "" {
		app = key.App
	}
	if app == "" {
		return adminClient{}, errUsage{"the app is missing: give --app, as the key does not name it"}
	}
	base, err := url.Parse(a.gateway)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return adminClient{}, errUsage{"--gateway must be a URL such as https://rtm.example.org"}
	}
	return adminClient{gateway: strings.TrimSuffix(a.gateway, "/"), app: app, key: key}, nil
}
