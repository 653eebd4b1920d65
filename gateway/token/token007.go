package token

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"io"
	"strings"
)

// maxInflated is the largest size of a decompressed 007 token, in bytes. Without a limit, a small
// token could fill the memory.
const maxInflated = 16 << 10

const (
	serviceRTM = 2

	loginRTM = 1 // privilege
)

// fields has, for each type of service, a function that skips the fields after its privileges. A
// service does not contain its length, so a reader must stop at an unknown type. Current builders sort
// services by type. Older ones write them in any order.
var fields = map[uint16]func(*reader){
	1:  func(r *reader) { r.text(); r.text() },          // RTC: channel, user id
	3:  func(r *reader) { r.text(); r.text() },          // streaming: channel, account
	4:  func(*reader) {},                                // FPA
	5:  func(r *reader) { r.text() },                    // chat: user id
	6:  func(r *reader) { r.text(); r.text() },          // FCDN: channel, account
	7:  func(r *reader) { r.text(); r.text(); r.u16() }, // aPaaS: room, user, role
	8:  func(r *reader) { r.text(); r.permissions() },   // RTM 2: user id
	9:  func(*reader) {},                                // conversational AI
	10: func(*reader) {},                                // speech to text
}

// token007 is an AccessToken2: zlib of a signature and the signed info.
type token007 struct {
	sig    string
	info   string // the signed part
	appID  string
	issued uint32
	expire uint32 // seconds from issued
	salt   uint32
	rtm    []serviceOfRTM
	rest   bool // it has services after one of unknown type
}

type serviceOfRTM struct {
	uid      string
	login    uint32 // how long the right to log in is valid, seconds from issued; 0: as long as the token
	mayLogin bool
}

var malformed = refuse(Invalid, "the token is malformed or incomplete")

func parse007(body string) (parsed, error) {
	raw, err := inflate(body)
	if err != nil {
		return nil, malformed
	}
	r := &reader{data: raw}
	t := &token007{sig: r.text()}
	t.info = r.data
	t.appID = r.text()
	t.issued, t.expire, t.salt = r.u32(), r.u32(), r.u32()
	for n := r.u16(); n > 0 && !r.failed && !t.rest; n-- {
		t.readService(r)
	}
	if r.failed || len(t.sig) != signatureLength || len(t.appID) != appIDLength {
		return nil, malformed
	}
	return t, nil
}

func (t *token007) readService(r *reader) {
	kind := r.u16()
	skip, known := fields[kind]
	if kind != serviceRTM && !known {
		t.rest = true
		return
	}
	login, mayLogin := r.right(loginRTM)
	if kind != serviceRTM {
		skip(r)
		return
	}
	t.rtm = append(t.rtm, serviceOfRTM{uid: r.text(), login: login, mayLogin: mayLogin})
}

func inflate(body string) (string, error) {
	z, err := zlib.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(body)))
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxInflated+1))
	if err != nil || len(raw) > maxInflated {
		return "", malformed
	}
	return string(raw), nil
}

func (t *token007) app() string       { return t.appID }
func (t *token007) signature() []byte { return []byte(t.sig) }
func (t *token007) names(string) error {
	return nil // login checks the user id, after the signature is verified
}

func (t *token007) sign(certificate, _ string) []byte {
	return sign007(certificate, t.issued, t.salt, t.info)
}

func sign007(certificate string, issued, salt uint32, info string) []byte {
	key := mac(u32(issued), certificate) // in this order
	return mac(string(mac(u32(salt), string(key))), info)
}

func (t *token007) login(uid string, now int64) (int64, error) {
	service, err := t.service(uid)
	if err != nil {
		return 0, err
	}
	issued := int64(t.issued)
	if issued > now+int64(maxSkew.Seconds()) {
		return 0, refuse(Invalid, "the token was issued in the future: compare the clocks of token server and gateway")
	}
	var own int64
	if service.login != 0 {
		own = issued + int64(service.login)
	}
	return earlier(issued+min(int64(t.expire), int64(MaxValidity.Seconds())), own, now)
}

// service returns the RTM service for uid. An empty user id in the token does not allow all users.
func (t *token007) service(uid string) (*serviceOfRTM, error) {
	err := refuse(NoService, "the token is for other services than RTM, or for no user")
	if t.rest {
		err = refuse(NoService, "the token has a service of unknown type before RTM: add RTM first, or use a builder that sorts services")
	}
	for i, s := range t.rtm {
		switch {
		case !s.mayLogin || s.uid == "":
		case s.uid == uid:
			return &t.rtm[i], nil
		default:
			err = refuse(WrongUser, "the token is for another uid")
		}
	}
	return nil, err
}

func mint007(g Grant, salt uint32) (string, error) {
	issued, validity := uint32(g.Issued.Unix()), uint32(g.Validity.Seconds())
	info := text(g.App) + u32(issued) + u32(validity) + u32(salt) +
		u16(1) + u16(serviceRTM) + right(loginRTM, validity) + text(g.UID)
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := io.WriteString(z, text(string(sign007(g.Certificate, issued, salt, info)))+info); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return "007" + base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}
