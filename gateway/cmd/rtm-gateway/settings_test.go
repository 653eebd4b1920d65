package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func configFile(t *testing.T, content string) string {
	file := filepath.Join(t.TempDir(), "rtm.conf")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

// refuse runs the gateway with settings that it must refuse, and returns what it says. The context has
// ended, so that a gateway that takes them ends too, instead of running until the test is killed.
func refuse(t *testing.T, args ...string) string {
	t.Helper()
	ended, end := context.WithCancel(t.Context())
	end()
	var out bytes.Buffer
	assert.Equal(t, 2, run(ended, args, &out, &out), "%q", args)
	return out.String()
}

// A flag stands before a variable, a variable before the file, the file before the default.
func TestPrecedence(t *testing.T) {
	file := configFile(t, "# ours\nlisten file:1\nmedia-max-age 3h # not long\n\ndata\tfrom file\n")
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		"default":  {nil, nil, "127.0.0.1:8080"},
		"file":     {[]string{"--config", file}, nil, "file:1"},
		"by env":   {nil, map[string]string{"RTM_CONFIG": file}, "file:1"},
		"variable": {[]string{"--config", file}, map[string]string{"RTM_LISTEN": "env:1"}, "env:1"},
		"flag":     {[]string{"--config", file, "--listen", "flag:1"}, map[string]string{"RTM_LISTEN": "env:1"}, "flag:1"},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			o, err := parse(append(c.args, "--development"), io.Discard)
			require.NoError(t, err)
			assert.Equal(t, c.want, o.listen)
			if name != "default" {
				assert.Equal(t, 3*time.Hour, o.media.maxAge)
				assert.Equal(t, "from file", o.data)
			}
		})
	}
}

// What is said of apps in one place replaces what is said in one behind it, never adds.
func TestPrecedenceOfApps(t *testing.T) {
	t.Setenv("RTM_APP", otherApp)
	o, err := parse([]string{"--config", configFile(t, "app "+certificate), "--app", app, "--app", app + ":" + certificate}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, entries{app, app + ":" + certificate}, o.apps.entries)
	o, err = parse([]string{"--config", configFile(t, "app "+app+":"+certificate)}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, entries{otherApp}, o.apps.entries)
	require.NoError(t, os.Unsetenv("RTM_APP"))
	o, err = parse([]string{"--config", configFile(t, "app "+app+"\napp "+otherApp)}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, entries{app, otherApp}, o.apps.entries)
}

func TestUnknownSettingsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		env  string
		says string
	}{
		"flag":           {[]string{"--lisen", "x"}, "", "unknown flag --lisen; did you mean --listen?"},
		"no near flag":   {[]string{"--xyzzyxyzzy"}, "", "unknown flag --xyzzyxyzzy"},
		"variable":       {nil, "RTM_APPZ", "unknown variable RTM_APPZ; did you mean RTM_APP?"},
		"key":            {[]string{"--config", configFile(t, "media-maxage 3h")}, "", `unknown key "media-maxage"; did you mean media-max-age?`},
		"key of another": {[]string{"--config", configFile(t, "xyzzyxyzzy 1")}, "", `unknown key "xyzzyxyzzy"`},
		"equals sign":    {[]string{"--config", configFile(t, "listen=:80")}, "", `"listen="`},
		"secret":         {[]string{"--config", configFile(t, "app="+certificate)}, "", `"app="`},
		"tab":            {[]string{"--config", configFile(t, "appp\t"+certificate)}, "", `did you mean app`},
		"of the line":    {[]string{"--config", configFile(t, "version")}, "", "cannot be set in a file"},
		"another file":   {[]string{"--config", configFile(t, "config x")}, "", "cannot be set in a file"},
		"spaced equals":  {[]string{"--config", configFile(t, "listen = :80")}, "", `"listen" has a = before its value, it needs a space instead`},
		"bad value":      {[]string{"--config", configFile(t, "media-max-age soon")}, "", `cannot set "media-max-age" from config file: it needs a number and a unit`},
		"bad variable":   {nil, "RTM_MEDIA_MAX_AGE", `cannot set "media-max-age" from environment variable "RTM_MEDIA_MAX_AGE": it needs a number and a unit`},
		"bad flag":       {[]string{"--drain", "10"}, "", `invalid value "10" for --drain: it needs a number and a unit, such as 10s`},
		"no number":      {[]string{"--max-sessions", "ten"}, "", `invalid value "ten" for --max-sessions: it needs a whole number`},
		"no value":       {[]string{"--listen"}, "", "--listen needs a value"},
		"no file":        {[]string{"--config", filepath.Join(t.TempDir(), "none")}, "", "--config: open"},
		"a folder":       {[]string{"--config", t.TempDir()}, "", "is a directory"},
		"a long line":    {[]string{"--config", configFile(t, "# "+strings.Repeat("x", 70000)+"\napp "+certificate)}, "", "line 1 has 70002 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.env != "" {
				t.Setenv(c.env, "soon")
			}
			said := refuse(t, c.args...)
			assert.Contains(t, said, c.says)
			assert.NotContains(t, said, certificate)
		})
	}
}

// A setting that is given and empty is refused wherever it is given: what it stands for may be
// less safe than what was meant. All settings are tried.
func TestEmptySettingsAreRefused(t *testing.T) {
	flags := newFlags("")
	(&options{}).register(flags)
	flags.VisitAll(func(f *flag.Flag) {
		t.Run(f.Name, func(t *testing.T) {
			if b, ok := f.Value.(interface{ IsBoolFlag() bool }); !ok || !b.IsBoolFlag() {
				assert.Contains(t, refuse(t, "--"+f.Name, ""), "--"+f.Name)
			}
			if name := variable(f.Name); f.Name == "config" || !slices.Contains(commandLineOnly, f.Name) {
				t.Setenv(name, "")
				assert.Contains(t, refuse(t), name+" is given and empty")
			}
		})
	})
	for _, list := range []string{"--origins", "--trusted-proxies", "--app"} {
		refuse(t, list, " , ")
	}
}

// Without apps everybody may log in: from other machines only where that is said.
func TestDevelopmentModeIsAskedFor(t *testing.T) {
	apps := appsFile(t, 0o600, app)
	for _, c := range []struct {
		args []string
		says string // "": it starts
	}{
		{[]string{"--listen", "127.0.0.1:0"}, ""},
		{[]string{"--listen", "127.1.2.3:0"}, ""},
		{[]string{"--listen", "[::1]:0"}, ""},
		{[]string{"--listen", "localhost:0"}, ""},
		{[]string{"--listen", ":8080"}, "give --development"},
		{[]string{"--listen", "0.0.0.0:8080"}, "give --development"},
		{[]string{"--listen", "[::]:8080"}, "give --development"},
		{[]string{"--listen", "192.168.1.2:8080"}, "give --development"},
		{[]string{"--listen", "gateway.example:8080"}, "give --development"},
		{[]string{"--listen", ":8080", "--development"}, ""},
		{[]string{"--listen", ":8080", "--app", app}, ""},
		{[]string{"--listen", ":8080", "--apps", apps}, ""},
		{[]string{"--development", "--app", app}, "does not go with"},
	} {
		_, err := parse(c.args, io.Discard)
		if c.says == "" {
			assert.NoError(t, err, "%v", c.args)
		} else {
			assert.ErrorContains(t, err, c.says, "%v", c.args)
		}
	}
}

// Variables of others that happen to begin alike do not stop the start.
func TestVariablesOfOthers(t *testing.T) {
	t.Setenv("RTM_PORT", "tcp://10.0.0.1:80") // as Kubernetes sets for a service named rtm
	t.Setenv("RTM_WHATEVER_ELSE", "1")
	o, err := parse(nil, io.Discard)
	require.NoError(t, err)
	assert.Contains(t, o.settings.notes, "RTM_WHATEVER_ELSE")
	assert.NotContains(t, o.settings.notes, "RTM_PORT")
}

// Flags that only the command line sets have no variables, except RTM_CONFIG: such variables
// are those of others, empty or not.
func TestVariablesOfTheCommandLine(t *testing.T) {
	for _, name := range []string{"RTM_VERSION", "RTM_PRINT_CONFIG", "RTM_APPLY"} {
		for _, value := range []string{"", "1.2"} {
			t.Run(name+"="+value, func(t *testing.T) {
				t.Setenv(name, value)
				var o options
				flags := newFlags("")
				o.register(flags)
				flags.Bool("apply", false, "")
				s, err := readSettings(flags, nil, "apply")
				require.NoError(t, err)
				assert.Contains(t, s.notes, name)
				assert.False(t, o.version || o.printConfig)
			})
		}
	}
}

// What --print-config prints is a file that gives the same settings, without secrets.
func TestPrintConfig(t *testing.T) {
	t.Setenv("RTM_MEDIA_MAX_AGE", "90m")
	var out bytes.Buffer
	args := []string{"--print-config", "--config", configFile(t, "listen 127.0.0.1:99"), "--nats", "nats://ada:pssst@n1:4222,nats://n2:4222", "--media", "/mnt/media",
		"--app", app + ":" + certificate, "--app", otherApp}
	require.Zero(t, run(t.Context(), args, &out, &out), out.String())
	for _, line := range []string{
		"listen 127.0.0.1:99  # /",
		"media-max-age 1h30m  # RTM_MEDIA_MAX_AGE\n",
		"nats nats://***@n1:4222,nats://n2:4222  # --nats\n",
		"app " + app + ":*** " + otherApp + "  # --app\n",
		"# nats-creds is not set\n",
		"# replicas 0  # default\n",
	} {
		assert.Contains(t, out.String(), line)
	}
	assert.NotContains(t, out.String(), certificate)
	assert.NotContains(t, out.String(), "pssst")

	first := out.String()
	require.NoError(t, os.Unsetenv("RTM_MEDIA_MAX_AGE"))
	out.Reset()
	require.Zero(t, run(t.Context(), []string{"--print-config", "--config", configFile(t, first)}, &out, &out), out.String())
	values := func(text string) string { return regexp.MustCompile(`  # .*`).ReplaceAllString(text, "") }
	assert.Equal(t, values(first), values(out.String()))
}
