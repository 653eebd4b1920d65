package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/mediaurl"
)

const (
	urlSecret = "0123456789abcdefghijklmnopqrstuv"
	mediaKey  = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	mediaID   = "0" + mediaKey + "1z1z10"
)

func mediaURL(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = runMediaURL(args, &out, &err)
	return code, strings.TrimSpace(out.String()), err.String()
}

func TestMediaURL(t *testing.T) {
	file := configFile(t, "listen :0\napp "+app+"\nmedia-url-key filed:"+urlSecret+" second:"+urlSecret+"\n")
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		kid  string
		want mediaurl.Grant
	}{
		"flag":     {[]string{"--media-url-key", "flag:" + urlSecret, "--app", otherApp}, nil, "flag", mediaurl.Grant{App: otherApp, Expires: time.Now().Add(time.Hour)}},
		"variable": {[]string{"--app", otherApp}, map[string]string{"RTM_MEDIA_URL_KEY": "env:" + urlSecret}, "env", mediaurl.Grant{App: otherApp, Expires: time.Now().Add(time.Hour)}},
		"file":     {[]string{"--config", file, "--expires", "24h"}, nil, "filed", mediaurl.Grant{App: app, Expires: time.Now().Add(24 * time.Hour)}},
		"RTM_CONFIG": {[]string{"--download", "Straße 1/2.png", "--url", "https://rtm.example.com/"}, map[string]string{"RTM_CONFIG": file}, "filed",
			mediaurl.Grant{App: app, Expires: time.Now().Add(time.Hour), Download: "Straße 1/2.png"}},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			code, out, stderr := mediaURL(append(c.args, "--media", mediaID)...)
			require.Zero(t, code, stderr)
			if name == "RTM_CONFIG" {
				rest, ok := strings.CutPrefix(out, "https://rtm.example.com/media/")
				require.True(t, ok, out)
				out = "/media/" + rest
			}
			path, query, _ := strings.Cut(out, "?")
			got, ok := mediaurl.Parse(path, query)
			require.True(t, ok, out)
			assert.Equal(t, c.kid, got.KeyID)
			assert.True(t, got.SignedBy([]byte(urlSecret)))
			assert.WithinDuration(t, c.want.Expires, got.Expires, time.Minute)
			c.want.Key, c.want.Expires = mediaKey, got.Expires
			assert.Equal(t, c.want, got.Grant)
		})
	}
}

func TestMediaURLSaysWhatIsWrong(t *testing.T) {
	good := map[string]string{"--media-url-key": "a:" + urlSecret, "--app": app, "--media": mediaID}
	for name, c := range map[string]struct{ flag, value, says string }{
		"no key":          {"--media-url-key", "", "no key is known"},
		"a short secret":  {"--media-url-key", "a:tooshort", "the secret of key a has 8 characters, it needs 32 or more"},
		"no id":           {"--media-url-key", urlSecret, "ID:SECRET"},
		"no app":          {"--app", "", "--app must be an app id"},
		"no media":        {"--media", "", "--media must be the mediaId"},
		"another id":      {"--media", "x", "--media must be the mediaId"},
		"no time":         {"--expires", "0s", "at least 1s"},
		"a long name":     {"--download", strings.Repeat("x", 256), "download must be a file name of 1 to 255 bytes"},
		"a relative url":  {"--url", "rtm.example.com", "--url needs the gateway's address"},
		"a url with more": {"--url", "https://rtm.example.com?x", "--url needs the gateway's address"},
	} {
		t.Run(name, func(t *testing.T) {
			var args []string
			for flag, value := range good {
				if flag != c.flag {
					args = append(args, flag, value)
				}
			}
			if c.value != "" {
				args = append(args, c.flag, c.value)
			}
			code, out, stderr := mediaURL(args...)
			assert.Equal(t, 2, code)
			assert.Empty(t, out)
			assert.Contains(t, stderr, c.says)
			assert.NotContains(t, stderr, urlSecret[:10])
			assert.NotContains(t, stderr, "tooshort")
		})
	}
}

func TestURLKeysOfTheGateway(t *testing.T) {
	t.Setenv("RTM_MEDIA_URL_KEY", "new:"+urlSecret+" old:"+certificate)
	o, err := parse([]string{"--media-max-age", "240h"}, io.Discard)
	require.NoError(t, err)
	var shown bytes.Buffer
	o.settings.print(&shown)
	assert.Contains(t, shown.String(), "media-url-key new:*** old:***  # RTM_MEDIA_URL_KEY")
	assert.NotContains(t, shown.String(), urlSecret)
	ring := o.ring(nil)
	key, err := ring.Signing(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "new", key.ID, "the first signs")
	_, ok, err := ring.Find(t.Context(), "old")
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, 240*time.Hour, ring.Life())

	for _, bad := range []string{"short:" + urlSecret[:31], urlSecret, "twice:" + urlSecret + ",twice:" + certificate, "a.b:" + urlSecret} {
		_, err := parse([]string{"--media-url-key", bad}, io.Discard)
		require.ErrorContains(t, err, "--media-url-key")
		assert.NotContains(t, err.Error(), urlSecret[:10])
	}
	o, err = parse([]string{"--media-url-key", "a:" + urlSecret, "--media-max-age", "1h"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, core.MediaLifetime, o.ring(nil).Life(), "other gateways may keep media longer")
}
