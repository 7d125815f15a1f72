import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;

/** Drives the Java snippet: see driver.ts for what it reads and answers. */
public final class Drive {
    public static void main(String[] arguments) throws Exception {
        Map<String, DocumentsToken> clients = new HashMap<>();
        Map<String, String> last = new HashMap<>();
        var pool = Executors.newCachedThreadPool();
        var input = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = input.readLine()) != null; ) {
            String[] words = line.split(" ");
            String id = words[1];
            DocumentsToken client =
                    clients.computeIfAbsent(
                            id,
                            any -> new DocumentsToken(() -> DocumentsToken.readSecret(id), words[2].equals("header")));
            if (words[0].equals("drop")) client.drop(last.getOrDefault(id, ""));
            try {
                Callable<String> caller = client::get;
                List<String> tokens = new ArrayList<>();
                for (var answer : pool.invokeAll(Collections.nCopies(Integer.parseInt(words[3]), caller))) {
                    tokens.add(answer.get());
                }
                last.put(id, tokens.get(0));
                System.out.println("ok " + String.join(" ", tokens));
            } catch (ExecutionException failed) {
                System.out.println("error " + failed.getCause().getMessage());
            }
        }
        pool.shutdown();
    }
}
