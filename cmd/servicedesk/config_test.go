package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func load(t *testing.T, file string, env ...string) (config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "servicedesk.yaml")
	require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	return loadConfig(path, true, env)
}

func TestConfigurationRisesFromDefaultsOverFileToEnvironment(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("s3cret\n"), 0o600))
	c, err := load(t, "listen: 0.0.0.0:9000\nwecom:\n  corp_id: ww1\n  kf: {open_kfids: [a, b]}\n",
		"SERVICEDESK_LISTEN=127.0.0.1:1", "SERVICEDESK_WECOM_KF_SECRET_FILE="+secret, "SERVICEDESK_ADMINS=138, 139", "HOME=/x")
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:1", c["listen"])
	require.Equal(t, "ww1", c["wecom.corp_id"])
	require.Equal(t, "s3cret", c["wecom.kf.secret"])
	require.Equal(t, "embedded", c["redis.url"])
	require.Equal(t, []string{"a", "b"}, c.list("wecom.kf.open_kfids"))
	require.Equal(t, []string{"138", "139"}, c.list("admins"))
}

func TestFaultyConfigurationNamesItsKey(t *testing.T) {
	for name, tc := range map[string]struct {
		file string
		env  string
		says string
	}{
		"unknown key":      {file: "wecom: {corpid: x}", says: `unknown key "wecom.corpid"`},
		"unknown variable": {env: "SERVICEDESK_LISTN=x", says: "SERVICEDESK_LISTN"},
		"not a secret":     {env: "SERVICEDESK_LISTEN_FILE=/x", says: "SERVICEDESK_LISTEN_FILE"},
		"bad database":     {file: "database: {url: 'mysql://x'}", says: "database.url: must begin with sqlite:"},
		"bad zone":         {file: "timezone: Mars", says: "timezone"},
		"bad mode":         {file: "feishu: {mode: carrier-pigeon}", says: "feishu.mode"},
		"short key":        {file: "wecom: {callback: {aes_key: abc}}", says: "wecom.callback.aes_key"},
		"webhook unkeyed":  {file: "feishu: {mode: webhook}", says: "feishu.encrypt_key"},
		"not YAML":         {file: "a: [", says: "servicedesk.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tc.file, tc.env)
			require.ErrorContains(t, err, tc.says)
		})
	}
}

func TestMissingConfigurationFileIsFineUnlessNamed(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.yaml")
	_, err := loadConfig(missing, false, nil)
	require.NoError(t, err)
	_, err = loadConfig(missing, true, nil)
	require.Error(t, err)
}
