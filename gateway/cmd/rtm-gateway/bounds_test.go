package main

import (
	"flag"
	"io"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBoundOptions(t *testing.T) {
	parse := func(args ...string) (boundOptions, error) {
		var o boundOptions
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		o.register(flags)
		if err := flags.Parse(args); err != nil {
			return o, err
		}
		return o, o.check()
	}
	o, err := parse()
	require.NoError(t, err)
	assert.Nil(t, o.origins.allow(), "all origins")

	o, err = parse("--origins", "https://a.example,http://localhost:3000", "--trusted-proxies", "10.0.0.0/8,192.0.2.1", "--max-sessions", "7",
		"--max-user-bytes", "2GiB", "--max-app-bytes", "5MiB")
	require.NoError(t, err)
	allow := o.origins.allow()
	assert.True(t, allow("http://localhost:3000"))
	assert.False(t, allow("http://localhost"))
	assert.False(t, allow("null"))
	assert.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32")}, o.limits().TrustedProxies)
	assert.Equal(t, 7, o.limits().Sessions)
	assert.EqualValues(t, 2<<30, o.limits().UserBytes)
	assert.EqualValues(t, 5<<20, o.limits().AppBytes)

	for _, bad := range [][]string{
		{"--origins", "app.example"}, {"--origins", "https://a.example/"}, {"--trusted-proxies", "10.0.0.0/33"},
		{"--max-sessions", "0"}, {"--max-app-sessions", "-1"}, {"--max-address-rate", "0"}, {"--max-user-bytes", "5"},
		{"--max-transfers", "0"}, {"--max-app-transfers", "-1"}, {"--max-memory", "1MiB"},
	} {
		_, err := parse(bad...)
		assert.Error(t, err, bad)
	}
}
