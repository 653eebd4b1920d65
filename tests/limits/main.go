// Program limits writes docs/limits.md: its template, with the numbers of package core.
package main

import (
	_ "embed"
	"log"
	"os"
	"strconv"
	"strings"
	"text/template"
	"time"

	"rtmwasm/core"
)

//go:embed limits.md.tmpl
var page string

// limits are the constants of core/limits.go that users meet.
var limits = map[string]any{
	"MaxMessageBytes": core.MaxMessageBytes, "MaxMediaBytes": core.MaxMediaBytes, "MaxInvitationBytes": core.MaxInvitationBytes, "MaxMediaURLName": core.MaxMediaURLName,
	"MaxAttributes": core.MaxAttributes, "MaxAttributeKeyBytes": core.MaxAttributeKeyBytes, "MaxAttributeValueBytes": core.MaxAttributeValueBytes,
	"MaxUserAttributesBytes": core.MaxUserAttributesBytes, "MaxChannelAttributesBytes": core.MaxChannelAttributesBytes,
	"AppIDLength": core.AppIDLength, "MaxIDLength": core.MaxIDLength,

	"MinMediaAppendBytes": core.MinMediaAppendBytes, "MaxSmallMediaAppends": core.MaxSmallMediaAppends,
	"MaxMediaTasks": core.MaxMediaTasks, "MaxJoinedChannels": core.MaxJoinedChannels, "MaxQueriedPeers": core.MaxQueriedPeers,
	"MaxSubscribedPeers": core.MaxSubscribedPeers, "MaxCountedChannels": core.MaxCountedChannels, "MaxToldMembers": core.MaxToldMembers,
	"MaxOfflineMessages": core.MaxOfflineMessages, "MaxMissedChannelMessages": core.MaxMissedChannelMessages,

	"LoginInterval": core.LoginInterval, "MediaLifetime": core.MediaLifetime, "MediaURLLifetime": core.MediaURLLifetime, "OfflineLifetime": core.OfflineLifetime, "HistoryLifetime": core.HistoryLifetime,
	"LoginTimeout": core.LoginTimeout, "RequestTimeout": core.RequestTimeout, "ResendAfter": core.ResendAfter,
	"ReconnectWait": core.ReconnectWait, "ReadWait": core.ReadWait, "RenewTimeout": core.RenewTimeout, "RenewResend": core.RenewResend,
	"MediaStallTimeout": core.MediaStallTimeout, "MediaSilenceLimit": core.MediaSilenceLimit,
	"MediaFirstByteLimit": core.MediaFirstByteLimit, "MediaComebackLimit": core.MediaComebackLimit, "MediaUselessLimit": core.MediaUselessLimit,
	"MemberCountInterval": core.MemberCountInterval, "BigMemberCountInterval": core.BigMemberCountInterval,
	"PingInterval": core.PingInterval, "SilenceLimit": core.SilenceLimit, "UnreachableAfter": core.UnreachableAfter,
	"SessionTimeout": core.SessionTimeout, "GatewaySilenceLimit": core.GatewaySilenceLimit,
	"InvitationDelivery": core.InvitationDelivery, "InvitationRetry": core.InvitationRetry, "InvitationExpiry": core.InvitationExpiry,
	"InvitationConfirm": core.InvitationConfirm, "InvitationRepeat": core.InvitationRepeat,

	"OpSend": core.OpSend, "OpJoin": core.OpJoin, "OpJoinSame": core.OpJoinSame, "OpMembers": core.OpMembers, "OpCounts": core.OpCounts,
	"OpQuery": core.OpQuery, "OpSubscribe": core.OpSubscribe, "OpUnsubscribe": core.OpUnsubscribe,
	"OpWriteUser": core.OpWriteUser, "OpReadUser": core.OpReadUser, "OpWriteChannel": core.OpWriteChannel,
	"OpReadChannel": core.OpReadChannel, "OpRenew": core.OpRenew, "OpMediaURL": core.OpMediaURL,
}

// codes are the errors for what is over a limit.
var codes = map[string]any{
	"UploadMediaErrSizeOverflow": core.UploadMediaErrSizeOverflow, "UploadMediaErrInvalidArgument": core.UploadMediaErrInvalidArgument,
	"UploadMediaErrFailure": core.UploadMediaErrFailure, "UploadMediaErrConcurrencyLimitExceeded": core.UploadMediaErrConcurrencyLimitExceeded,
	"PeerMessageErrInvalidMessage": core.PeerMessageErrInvalidMessage, "PeerMessageErrTooOften": core.PeerMessageErrTooOften,
	"ChannelMessageErrInvalidMessage": core.ChannelMessageErrInvalidMessage, "ChannelMessageErrTooOften": core.ChannelMessageErrTooOften,
	"InvitationApiCallErrInvalidArgument":  core.InvitationApiCallErrInvalidArgument,
	"AttributeOperationErrInvalidArgument": core.AttributeOperationErrInvalidArgument,
	"AttributeOperationErrSizeOverflow":    core.AttributeOperationErrSizeOverflow, "AttributeOperationErrTooOften": core.AttributeOperationErrTooOften,
	"JoinChannelErrExceedLimit": core.JoinChannelErrExceedLimit, "JoinChannelErrTooOften": core.JoinChannelErrTooOften,
	"JoinChannelErrJoinSameChannelTooOften":    core.JoinChannelErrJoinSameChannelTooOften,
	"QueryPeersOnlineStatusErrInvalidArgument": core.QueryPeersOnlineStatusErrInvalidArgument,
	"QueryPeersOnlineStatusErrTooOften":        core.QueryPeersOnlineStatusErrTooOften,
	"PeerSubscriptionStatusErrOverflow":        core.PeerSubscriptionStatusErrOverflow, "PeerSubscriptionStatusErrTooOften": core.PeerSubscriptionStatusErrTooOften,
	"GetChannelMemberCountErrExceedLimit": core.GetChannelMemberCountErrExceedLimit, "GetChannelMemberCountErrTooOften": core.GetChannelMemberCountErrTooOften,
	"GetMembersErrTooOften": core.GetMembersErrTooOften, "LoginErrTooOften": core.LoginErrTooOften, "RenewTokenErrTooOften": core.RenewTokenErrTooOften,
}

// render fills in the template.
func render() (string, error) {
	t, err := template.New("limits.md").Option("missingkey=error").Funcs(template.FuncMap{"n": number, "d": duration, "rate": rate}).Parse(page)
	if err != nil {
		return "", err
	}
	data := map[string]any{}
	for _, of := range []map[string]any{limits, codes} {
		for name, value := range of {
			data[name] = value
		}
	}
	var out strings.Builder
	err = t.Execute(&out, data)
	return out.String(), err
}

// number groups digits by three: 31 457 280.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// duration is in the unit that gives the smallest whole number, up to 120 s.
func duration(d time.Duration) string {
	switch day := 24 * time.Hour; {
	case d%day == 0:
		return strconv.Itoa(int(d/day)) + " days"
	case d < time.Second:
		return strconv.Itoa(int(d/time.Millisecond)) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}

func rate(op core.Op) string {
	r := core.Rates[op]
	return strconv.Itoa(r.N) + " in " + duration(r.Window)
}

func main() {
	text, err := render()
	if err == nil {
		err = os.WriteFile("docs/limits.md", []byte(text), 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}
