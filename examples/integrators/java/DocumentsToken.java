import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/**
 * Gets access tokens and caches them. Create one per secret and share it between threads:
 * {@code new DocumentsToken(() -> DocumentsToken.readSecret(arn), false)}
 */
public final class DocumentsToken {
    /** Renew a token this long before it expires. */
    private static final Duration MARGIN = Duration.ofSeconds(60);

    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

    private final Supplier<String> readSecret;
    private final boolean clientSecretInHeader;
    private Map<String, Object> secret;
    private String token;
    private Instant renewAt;

    public DocumentsToken(Supplier<String> readSecret, boolean clientSecretInHeader) {
        this.readSecret = readSecret;
        this.clientSecretInHeader = clientSecretInHeader;
    }

    public static String readSecret(String secretArn) {
        try (SecretsManagerClient secretsManager = SecretsManagerClient.create()) {
            return secretsManager.getSecretValue(request -> request.secretId(secretArn)).secretString();
        }
    }

    /** Returns the cached token, or a new one. Callers at the same time share one request. */
    public synchronized String get() throws Exception {
        if (token == null || !Instant.now().isBefore(renewAt)) renew();
        return token;
    }

    /** Forgets a token that the Documents API answered with 401. */
    public synchronized void drop(String refused) {
        if (refused.equals(token)) token = null;
    }

    private void renew() throws Exception {
        Instant askedAt = Instant.now();
        if (secret == null) secret = JSONObjectUtils.parse(readSecret.get());
        Map<String, Object> answer = request();
        if ("invalid_client".equals(answer.get("error"))) {
            // A rotation has ended this credential: read the secret again, once.
            secret = JSONObjectUtils.parse(readSecret.get());
            answer = request();
        }
        if (!(answer.get("access_token") instanceof String issued)) {
            throw new IOException("No token for " + field("client_id") + ": " + answer.get("error"));
        }
        token = issued;
        long lifetime = answer.get("expires_in") instanceof Number seconds ? seconds.longValue() : 0;
        renewAt = askedAt.plusSeconds(lifetime).minus(MARGIN);
    }

    private Map<String, Object> request() throws Exception {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("grant_type", "client_credentials");
        form.put("scope", String.join(" ", JSONObjectUtils.getStringList(secret, "scopes")));
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(field("token_url")))
                        .timeout(Duration.ofSeconds(10))
                        .header("Content-Type", "application/x-www-form-urlencoded");
        if (!field("auth_method").equals("CLIENT_SECRET")) {
            form.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
            form.put("client_assertion", assertion());
        } else if (clientSecretInHeader) {
            String pair = encode(field("client_id")) + ":" + encode(field("client_secret"));
            byte[] bytes = pair.getBytes(StandardCharsets.UTF_8);
            request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(bytes));
        } else {
            form.put("client_id", field("client_id"));
            form.put("client_secret", field("client_secret"));
        }
        String body =
                form.entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + encode(entry.getValue()))
                        .collect(Collectors.joining("&"));
        request.POST(HttpRequest.BodyPublishers.ofString(body));
        var response = HTTP.send(request.build(), BodyHandlers.ofString());
        try {
            return JSONObjectUtils.parse(response.body());
        } catch (ParseException noJson) {
            return Map.of("error", "HTTP " + response.statusCode());
        }
    }

    private String assertion() throws GeneralSecurityException, JOSEException, ParseException {
        Instant now = Instant.now();
        JWTClaimsSet claims =
                new JWTClaimsSet.Builder()
                        .issuer(field("client_id"))
                        .subject(field("client_id"))
                        .audience(field("token_url"))
                        .issueTime(Date.from(now))
                        .expirationTime(Date.from(now.plusSeconds(300)))
                        .jwtID(UUID.randomUUID().toString())
                        .build();
        JWSHeader header =
                new JWSHeader.Builder(JWSAlgorithm.parse(field("alg"))).keyID(field("key_id")).build();
        SignedJWT assertion = new SignedJWT(header, claims);
        assertion.sign(signer());
        return assertion.serialize();
    }

    private JWSSigner signer() throws GeneralSecurityException, JOSEException, ParseException {
        String pem = field("private_key").replaceAll("-----[A-Z ]+-----|\\s", "");
        var keySpec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem));
        PrivateKey key = KeyFactory.getInstance(field("auth_method")).generatePrivate(keySpec);
        return key instanceof ECPrivateKey ec ? new ECDSASigner(ec) : new RSASSASigner(key);
    }

    private String field(String name) throws ParseException {
        return JSONObjectUtils.getString(secret, name);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
