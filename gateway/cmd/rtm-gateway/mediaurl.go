package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/mediaurl"
)

// urlKeys is a secret list of ID:SECRET.
type urlKeys []string

// Set implements flag.Value.
func (k *urlKeys) Set(text string) error { return addSecrets((*[]string)(k), text, "key") }

// String returns "", because keys are secret.
func (*urlKeys) String() string { return "" }

// Redacted returns the ids of the keys.
func (k *urlKeys) Redacted() string {
	shown := make([]string, len(*k))
	for i, text := range *k {
		id, _, _ := strings.Cut(text, ":")
		shown[i] = id + ":***"
	}
	return strings.Join(shown, " ")
}

func (k *urlKeys) register(flags *flag.FlagSet) {
	flags.Var(k, "media-url-key", "`ID:SECRET` with which backends sign URLs of media. The secret has at least 32 characters. Give several keys by repeating the flag, or separate them by spaces or commas: URLs signed with any of them are valid, and the first also signs the URLs of getMediaUrl. Without a key, the gateways make their own keys, share them and replace them")
}

// parse returns the keys. Its errors do not show secrets.
func (k urlKeys) parse() (keys []mediaurl.Key, err error) {
	ids := map[string]bool{}
	for _, text := range k {
		key, err := mediaurl.ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("--media-url-key: %w", err)
		}
		if ids[key.ID] {
			return nil, fmt.Errorf("--media-url-key: two keys have the ID %s: give the newer key another ID", key.ID)
		}
		ids[key.ID] = true
		keys = append(keys, key)
	}
	return keys, nil
}

// ring returns the keys of URLs: the keys of the settings, and the keys that gateways share.
func (o options) ring(shared mediaurl.Store) *mediaurl.Ring {
	own, _ := o.urlKeys.parse() // check has found no error
	return mediaurl.NewRing(shared, own, max(o.media.maxAge, core.MediaLifetime))
}

const mediaURLUsage = `Usage: rtm-gateway media-url --app APPID --media ID [flags]

Prints a signed URL of a file, as a backend of the app would make it. Whoever has the URL
can read the file. It is signed with the first --media-url-key, which the gateway must have too:

  rtm-gateway media-url --config rtm.conf --app APPID --media ID
  RTM_MEDIA_URL_KEY=ID:SECRET rtm-gateway media-url --app APPID --media ID --url https://rtm.example.com

A key on the command line stays in the shell's history. Use the file of --config or the
variable instead.

Flags:
`

// mediaURLOptions are the flags of the subcommand.
type mediaURLOptions struct {
	config   string
	app      string
	media    string
	expires  time.Duration
	download string
	url      string
	keys     urlKeys
}

// runMediaURL runs the subcommand media-url and returns the exit code.
func runMediaURL(args []string, stdout, stderr io.Writer) int {
	o, err := parseMediaURL(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	var text string
	if err == nil {
		text, err = o.sign(time.Now())
	}
	if err != nil {
		fmt.Fprintf(stderr, "rtm-gateway media-url: %v; see rtm-gateway media-url --help\n", err)
		return 2
	}
	fmt.Fprintln(stdout, text)
	return 0
}

func parseMediaURL(args []string, help io.Writer) (o mediaURLOptions, err error) {
	flags := newFlags("rtm-gateway media-url")
	flags.StringVar(&o.config, "config", "", "`FILE` with the gateway's settings; also RTM_CONFIG")
	flags.StringVar(&o.app, "app", "", "`APPID` of the file; not needed if the settings name only one app")
	flags.StringVar(&o.media, "media", "", "`ID` of the file: the mediaId of its message")
	durationVar(flags, &o.expires, "expires", core.MediaURLLifetime, "how long the URL is valid, at most as long as the file is kept")
	flags.StringVar(&o.download, "download", "", "make browsers save the file under this `NAME` instead of showing it")
	flags.StringVar(&o.url, "url", "", "`address` of the gateway, such as https://rtm.example.com; without it only the path is printed")
	o.keys.register(flags)
	if err := parseFlags(flags, args, mediaURLUsage, help); err != nil {
		return o, err
	}
	return o, o.readGateway()
}

// readGateway fills in what the flags do not set, from the gateway's variables and file.
func (o *mediaURLOptions) readGateway() error {
	var gateway options
	var args []string
	if o.config != "" {
		args = []string{"--config", o.config}
	}
	flags := newFlags("rtm-gateway")
	gateway.register(flags)
	if _, err := readSettings(flags, args); err != nil {
		return err
	}
	if len(o.keys) == 0 {
		o.keys = gateway.urlKeys
	}
	if o.app != "" {
		return nil
	}
	apps, err := gateway.apps.load(slog.New(slog.DiscardHandler))
	if err == nil && len(apps.IDs()) == 1 {
		o.app = apps.IDs()[0]
	}
	return err
}

func (o mediaURLOptions) sign(now time.Time) (string, error) {
	keys, err := o.keys.parse()
	address, addressErr := url.Parse(o.url)
	switch {
	case err != nil:
		return "", err
	case len(keys) == 0:
		return "", errors.New("no key is known: name the gateway's settings by --config, or set RTM_MEDIA_URL_KEY")
	case !core.ValidAppID(o.app):
		return "", errors.New("--app must be an app id: 32 ASCII letters and digits")
	case core.MediaKey(o.media) == "":
		return "", errors.New("--media must be the mediaId of a message")
	case o.expires < time.Second:
		return "", fmt.Errorf("--expires is %v, it must be at least 1s", duration(o.expires))
	case o.url != "" && (addressErr != nil || address.Scheme != "http" && address.Scheme != "https" || address.Host == "" || address.RawQuery != ""):
		return "", errors.New("--url needs the gateway's address, such as https://rtm.example.com")
	}
	grant := mediaurl.Grant{App: o.app, Key: core.MediaKey(o.media), Expires: now.Add(o.expires), Download: o.download}
	if err := grant.Check(); err != nil {
		return "", err
	}
	return strings.TrimRight(o.url, "/") + grant.Sign(keys[0]), nil
}
