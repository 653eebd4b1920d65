package token

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Invented credentials; the tokens below were minted with them by the vendor's library.
const (
	app         = "0123456789abcdef0123456789abcdef"
	certificate = "fedcba9876543210fedcba9876543210"
	issued      = 1_700_000_000
)

const (
	rtmOnly = "007eJxTYOA6Z2dvY9z/P8tpzYw5YUtjb2qvv2vIFnM1+05V5aF3UtsVGAwMjYxNTM3MLSwTk5JTUtPQ+Qwfg1MF+BgY/BL3MDAyMDEwMjAygPisDIk5mcmpAAGGHkY="
	withRTC = "007eJxTYAiu1km6svvvzLfqyTIPPxlKPjhkPneRDJvHlDfWDjKsGmwKDAaGRsYmpmbmFpaJSckpqWnofIaPwakKMgwMjAwMDEwMjGAYwcTAwMJQlJ+fy8qQmJOZnAqRACmDCgAAIDEfTg=="
	forged  = "007eJxTYDgabiqsvexKlMJbvqaFTNm/su992rLaI01C3+PdrTcnnv5WYDAwNDI2MTUzt7BMTEpOSU1D5zN8DE4V4GNg8Evcw8DIwMTAyMDIAOKzMiTmZCanAgBdOx+Y"
	rtcOnly = "007eJxTYNjnNXn9RgkFq6Vh54/H/NlwJOiBx6O/PxpW+q2N7/EROhGtwGBgaGRsYmpmbmGZmJSckpqGzmf4GJwqwMfA4Je4h4ERCkF8Foai/PxcVobEnMzkVABpEyHI"
	unusual = "007eJxTYFDP9Zn+e+bCs4WGIddOrF9cU2pvr+d+3HeesKYr38IgxygFBgNDI2MTUzNzC8vEpOSU1DR0PsPH4FQbBgaG/w++sjIyMDEwMjAygPiyDIkKSYrKKqpqGpraOrp6VtY2tnb2DtGxcfHVNbV1ALpfI94="
	old     = "0060123456789abcdef0123456789abcdefIACEbefSdVC+UTlqt7IYpMCi72NtCAdyyjpR9Pln3MeHHke8jicAAAAAEABOYbwAgEJVZQEA6AMQ/1Nl"
	oldZero = "0060123456789abcdef0123456789abcdefIABVAg7mnhI8HbvKFLCuqnsUFyd8A2qLsJSWI2z0XwAIHke8jicAAAAAEAABAAAAgEJVZQEA6AMAAAAA"
)

const unusualUID = "a b!#$%&()+,-.:;<=>?@[]^_{|}~"

// fault is 0 for a good token.
func fault(t *testing.T, err error) Fault {
	t.Helper()
	if err == nil {
		return 0
	}
	var why *Error
	require.True(t, errors.As(err, &why), "%v", err)
	assert.NotEmpty(t, why.Text)
	return why.Fault
}

func TestVectors(t *testing.T) {
	for _, c := range []struct {
		name, token, uid string
		at               int64
		want             Fault
		ends             int64
	}{
		{"007", rtmOnly, "alice", issued, 0, issued + 3600},
		{"007, last second", rtmOnly, "alice", issued + 3599, 0, issued + 3600},
		{"007, over", rtmOnly, "alice", issued + 3600, Expired, 0},
		{"007, bob", rtmOnly, "bob", issued, WrongUser, 0},
		{"007, bob, over", rtmOnly, "bob", issued + 3600, WrongUser, 0},
		{"007, a part of the name", rtmOnly, "alic", issued, WrongUser, 0},
		{"007, clock a minute ahead", rtmOnly, "alice", issued - 60, 0, issued + 3600},
		{"007, of the future", rtmOnly, "alice", issued - 61, Invalid, 0},
		{"for calls, too", withRTC, "alice", issued + 7199, 0, issued + 7200},
		{"for calls, too, over", withRTC, "alice", issued + 7200, Expired, 0},
		{"wrong certificate", forged, "alice", issued, Invalid, 0},
		{"for calls only", rtcOnly, "alice", issued, NoService, 0},
		{"unusual characters", unusual, unusualUID, issued + 59, 0, issued + 60},
		{"006", old, "alice", issued, 0, issued + 3600},
		{"006, last second", old, "alice", issued + 3599, 0, issued + 3600},
		{"006, over", old, "alice", issued + 3600, ExpiredLogin, 0},
		{"006, bob", old, "bob", issued, WrongUser, 0},
		{"006, 24 h rule only", oldZero, "alice", issued + 86399, 0, issued + 86400},
		{"006, over 24 h", oldZero, "alice", issued + 86400, Expired, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			expiry, err := Verify(c.token, app, c.uid, []string{certificate}, time.Unix(c.at, 0))
			require.Equal(t, c.want, fault(t, err), "%v", err)
			if c.want == 0 {
				assert.Equal(t, c.ends, expiry.Unix())
			}
		})
	}
}

func TestOtherAppsAndCertificates(t *testing.T) {
	now := time.Unix(issued, 0)
	other := strings.Repeat("0", 32)
	for _, token := range []string{rtmOnly, old} {
		_, err := Verify(token, other, "alice", []string{certificate}, now)
		assert.Equal(t, WrongApp, fault(t, err))
		for _, certificates := range [][]string{nil, {""}, {other}, {strings.ToUpper(certificate)}} {
			_, err := Verify(token, app, "alice", certificates, now)
			assert.Equal(t, Invalid, fault(t, err), "%q", certificates)
		}
		_, err = Verify(token, app, "alice", []string{other, certificate}, now)
		require.NoError(t, err, "one of two, while they are rotated")
	}
}

func TestEveryChangedCharacterIsNoticed(t *testing.T) {
	for _, good := range []string{rtmOnly, old} {
		for i := range good {
			for _, c := range []byte("A8") {
				bad := []byte(good)
				if bad[i] == c {
					continue
				}
				bad[i] = c
				if string(unpacked(good)) == string(unpacked(string(bad))) && i > 35 {
					continue // what the encoding does not look at
				}
				_, err := Verify(string(bad), app, "alice", []string{certificate}, time.Unix(issued, 0))
				assert.Error(t, err, "%s", bad)
			}
		}
		for n := range good {
			_, err := Verify(good[:n], app, "alice", []string{certificate}, time.Unix(issued, 0))
			assert.Error(t, err, "cut at %d", n)
		}
	}
}

// unpacked is what a token of either format says, without its encoding; nil if it can't
// be read.
func unpacked(token string) []byte {
	if strings.HasPrefix(token, "007") {
		raw, _ := inflate(token[3:])
		return []byte(raw)
	}
	raw, _ := base64.StdEncoding.DecodeString(token[min(35, len(token)):])
	return raw
}

func pack(raw string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = io.WriteString(z, raw)
	_ = z.Close()
	return "007" + base64.StdEncoding.EncodeToString(b.Bytes())
}

// sealed is a 007 token with the given services, signed well.
func sealed(issued, expire uint32, n uint16, services string) string {
	info := text(app) + u32(issued) + u32(expire) + u32(1) + u16(n) + services
	return pack(text(string(sign007(certificate, issued, 1, info))) + info)
}

func rtm(uid string, rights string) string { return u16(serviceRTM) + rights + text(uid) }

func TestRights(t *testing.T) {
	const hour = 3600
	for _, c := range []struct {
		name  string
		token string
		at    int64
		want  Fault
		ends  int64
	}{
		{"no right to log in", sealed(issued, hour, 1, rtm("alice", u16(0))), issued, NoService, 0},
		{"another right", sealed(issued, hour, 1, rtm("alice", right(2, hour))), issued, NoService, 0},
		{"for nobody is no wildcard", sealed(issued, hour, 1, rtm("", right(1, hour))), issued, NoService, 0},
		{"no services", sealed(issued, hour, 0, ""), issued, NoService, 0},
		{"an unknown service only", sealed(issued, hour, 1, u16(99)+"\xff\xff\xff"), issued, NoService, 0},
		{"an unknown service before RTM", sealed(issued, hour, 2, u16(99)+"\xff\xff\xff"+rtm("alice", right(1, hour))), issued, NoService, 0},
		{"an unknown service after RTM", sealed(issued, hour, 2, rtm("alice", right(1, hour))+u16(99)), issued, 0, issued + hour},
		{"a known service cut off before RTM", sealed(issued, hour, 2, u16(7)+right(1, hour)+text("room")), issued, Invalid, 0},
		{"RTM 2 whose tables have no end", sealed(issued, hour, 1, u16(8)+right(1, hour)+text("alice")+u16(0xffff)), issued, Invalid, 0},
		{"the second user", sealed(issued, hour, 2, rtm("bob", right(1, hour))+rtm("alice", right(1, hour))), issued, 0, issued + hour},
		{"login without an end", sealed(issued, hour, 1, rtm("alice", right(1, 0))), issued, 0, issued + hour},
		{"login ends first", sealed(issued, hour, 1, rtm("alice", right(1, 60))), issued, 0, issued + 60},
		{"login ended", sealed(issued, hour, 1, rtm("alice", right(1, 60))), issued + 60, ExpiredLogin, 0},
		{"whole token ends first", sealed(issued, 60, 1, rtm("alice", right(1, hour))), issued, 0, issued + 60},
		{"no validity", sealed(issued, 0, 1, rtm("alice", right(1, 0))), issued, Expired, 0},
		{"a point in time for a validity", sealed(issued, issued+hour, 1, rtm("alice", right(1, issued+hour))), issued + 86399, 0, issued + 86400},
		{"a week is a day", sealed(issued, 7*86400, 1, rtm("alice", right(1, 7*86400))), issued + 86400, Expired, 0},
		{"services cut off", sealed(issued, hour, 9, rtm("alice", right(1, hour))), issued, Invalid, 0},
		{"rights cut off", sealed(issued, hour, 1, u16(2)+u16(0xffff)+u16(1)), issued, Invalid, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			expiry, err := Verify(c.token, app, "alice", []string{certificate}, time.Unix(c.at, 0))
			require.Equal(t, c.want, fault(t, err), "%v", err)
			if c.want == 0 {
				assert.Equal(t, c.ends, expiry.Unix())
			}
		})
	}
}

func TestOldTokenForCalls(t *testing.T) {
	message := u32(1) + u32(issued+86400) + right(1, 0)
	body := text(string(mac(certificate, app, "alice", message))) + string(unpacked(old)[34:38]) + u32(0) + text(message)
	_, err := Verify("006"+app+base64.StdEncoding.EncodeToString([]byte(body)), app, "alice", []string{certificate}, time.Unix(issued, 0))
	assert.Equal(t, NoService, fault(t, err))
}

func TestBombsAndGiants(t *testing.T) {
	bomb := pack(strings.Repeat("\x00", 1<<20))
	require.Less(t, len(bomb), MaxLength, "the bomb must get past the first bound")
	for name, token := range map[string]string{
		"bomb":         bomb,
		"giant":        "007" + strings.Repeat("A", MaxLength),
		"empty":        "",
		"version only": "007",
		"another":      "005" + app,
		"no base64":    "007$$$$",
		"no zlib":      "007AAAA",
		"old, empty":   "006" + app,
		"old, garbage": "006" + app + "AAAA",
	} {
		_, err := Verify(token, app, "alice", []string{certificate}, time.Unix(issued, 0))
		assert.Equal(t, Invalid, fault(t, err), name)
	}
}

func TestErrorsTellNothingOfTheToken(t *testing.T) {
	for _, token := range []string{rtmOnly, forged, rtcOnly, old, "007" + certificate} {
		_, err := Verify(token, app, "bob", []string{certificate}, time.Unix(issued+1<<30, 0))
		require.Error(t, err)
		for _, secret := range []string{token[30:], certificate, "alice"} {
			assert.NotContains(t, err.Error(), secret)
		}
	}
}
