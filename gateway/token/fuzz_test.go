package token

import (
	"testing"
	"time"
)

// FuzzVerify throws texts at the parser: it must refuse what is not signed, and panic at
// nothing.
func FuzzVerify(f *testing.F) {
	good := map[string]bool{}
	for _, token := range []string{rtmOnly, withRTC, forged, rtcOnly, unusual, old, oldZero} {
		f.Add(token)
		good[string(unpacked(token))] = true
	}
	for _, c := range vendorTokens(f) {
		f.Add(c.Token)
		good[string(unpacked(c.Token))] = true
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := Verify(token, app, "alice", []string{certificate}, time.Unix(issued, 0))
		if err == nil && !good[string(unpacked(token))] {
			t.Fatalf("%q is signed by nobody and was let in", token)
		}
		_ = fault(t, err)
	})
}

// FuzzSigned gets behind zlib and the signature: what a token server signs may be
// malformed too.
func FuzzSigned(f *testing.F) {
	seeds := []string{rtmOnly, withRTC, rtcOnly, unusual}
	for _, c := range vendorTokens(f) {
		seeds = append(seeds, c.Token)
	}
	for _, token := range seeds {
		f.Add(unpacked(token)[34+34+12:], uint32(issued), uint32(3600))
	}
	f.Fuzz(func(t *testing.T, services []byte, at, expire uint32) {
		info := text(app) + u32(at) + u32(expire) + u32(1) + string(services)
		token := pack(text(string(sign007(certificate, at, 1, info))) + info)
		expiry, err := Verify(token, app, "alice", []string{certificate}, time.Unix(issued, 0))
		if err == nil && (expiry.Unix() <= issued || expiry.Unix() > int64(at)+86400) {
			t.Fatalf("it ends at %v", expiry)
		}
		_ = fault(t, err)
	})
}
