package feishu

import (
	"encoding/hex"
	"testing"

	larkevent "github.com/larksuite/oapi-sdk-go/v3/event"
	larkws "github.com/larksuite/oapi-sdk-go/v3/ws"
	"github.com/stretchr/testify/require"
)

// The vectors were computed with openssl and the SDK, not with this code.

func TestSealVector(t *testing.T) {
	plain := `{"challenge":"abc123","token":"vtok","type":"url_verification"}`
	body := seal("ekey", []byte("0123456789abcdef"), []byte(plain))
	require.Equal(t, `{"encrypt":"MDEyMzQ1Njc4OWFiY2RlZgolaQp92/FptOxMO6SeZqmqppgjBeYi9GvybUtnRQz+DUSFX2rQH1Qn5h7O40bVo7TZUv7XwlGf06z26K6f42I="}`, string(body))
	require.Len(t, body, 122)
	require.Equal(t, "bd74699a69f19a3ba0b7d4e9d684ac4460636e6864a8c4a6c78ef60c20f2f32a", sign("1700000000", "nonce1", "ekey", body))

	opened, err := larkevent.EventDecrypt(string(body[len(`{"encrypt":"`):len(body)-2]), "ekey")
	require.NoError(t, err)
	require.Equal(t, plain, string(opened))
}

func TestSignVector(t *testing.T) {
	require.Equal(t, "b5ca32b1a9b4daba2d22b977fd4ee3dc1852b6b163d3c640b1b43e3b7e5fbfca", sign("timestamp", "nonce", "1212121212", nil))
}

func TestFrameVectors(t *testing.T) {
	ping := "0800100018f681801020002a0c0a0474797065120470696e6732003a004a00"
	event := "08071008180120012a0d0a047479706512056576656e742a100a0a6d6573736167655f696412026d312a080a0373756d1201312a080a037365711201302a0e0a0874726163655f6964120274312a1a0a0974696d657374616d70120d3137303030303030303030303032003a0042027b7d4a00"
	made := frame{Service: 33554678, Method: methodControl, Headers: []frameHeader{{"type", "ping"}}}
	require.Equal(t, ping, hex.EncodeToString(made.marshal()))
	made = frame{SeqID: 7, LogID: 8, Service: 1, Method: methodData, Payload: []byte("{}"), Headers: []frameHeader{{"type", "event"},
		{"message_id", "m1"}, {"sum", "1"}, {"seq", "0"}, {"trace_id", "t1"}, {"timestamp", "1700000000000"}}}
	require.Equal(t, event, hex.EncodeToString(made.marshal()))

	raw, err := hex.DecodeString(event)
	require.NoError(t, err)
	got, err := parseFrame(raw)
	require.NoError(t, err)
	require.Equal(t, made, got)

	var theirs larkws.Frame
	require.NoError(t, theirs.Unmarshal(raw), "the SDK reads the same bytes")
	require.Equal(t, made.Payload, theirs.Payload)
	require.Equal(t, uint64(7), theirs.SeqID)
}

func TestMalformedFrames(t *testing.T) {
	for _, raw := range []string{"", "08", "0807", "08071008180120012a05", "ff", "080710081801200142ff"} {
		b, err := hex.DecodeString(raw)
		require.NoError(t, err)
		_, err = parseFrame(b)
		require.ErrorIs(t, err, errFrame, raw)
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add([]byte("\x08\x00\x10\x00\x18\x01 \x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := parseFrame(b)
		if err != nil {
			return
		}
		again, err := parseFrame(first.marshal())
		require.NoError(t, err)
		require.Equal(t, first, again)
	})
}
