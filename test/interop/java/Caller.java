import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Performs a call for each line of standard input, as test/interop/programs.ts says, with the stubs of a stack. */
abstract class Caller {
    private final PrintStream out = new PrintStream(System.out, true, "UTF-8");

    Caller() throws Exception {}

    abstract void perform(String action, Map<String, String> values) throws Exception;

    /** Code and text of a fault. */
    abstract String faultIn(Exception error) throws Exception;

    /** What a field of a stub holds; empty where the element was left out. */
    abstract Object[] contentOf(Object value, Field field);

    void run() throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line; (line = lines.readLine()) != null; out.println()) {
            String[] words = line.split("\t");
            Map<String, String> values = new LinkedHashMap<>();
            for (String word : Arrays.asList(words).subList(1, words.length)) {
                String[] pair = word.split("=", 2);
                values.put(pair[0], pair[1]);
            }
            try {
                perform(words[0], values);
            } catch (InvocationTargetException error) {
                out.println("fault=" + faultIn((Exception) error.getCause()));
            }
        }
    }

    void show(String key, Object value, String place) throws Exception {
        if (value == null || value instanceof String || value instanceof Number) {
            out.println(place + key + "=" + (value == null ? "nil" : value));
            return;
        }
        List<?> items = itemsOf(value);
        if (items == null) showFields(value, place);
        else for (int index = 0; index < items.size(); index++) showFields(items.get(index), place + key + "." + index + ".");
    }

    /** A list is an array, or a record with a list of items alone. */
    private static List<?> itemsOf(Object value) throws Exception {
        if (value instanceof Object[]) return Arrays.asList((Object[]) value);
        for (Field field : value.getClass().getDeclaredFields()) {
            field.setAccessible(true);
            if (field.getName().equals("item")) {
                Object items = field.get(value);
                return items instanceof Object[] ? Arrays.asList((Object[]) items) : (List<?>) items;
            }
        }
        return null;
    }

    private void showFields(Object record, String place) throws Exception {
        for (Field field : record.getClass().getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) || field.getName().startsWith("__")) continue;
            field.setAccessible(true);
            for (Object content : contentOf(field.get(record), field)) show(snakeCase(field.getName()), content, place);
        }
    }

    static String snakeCase(String name) {
        return name.replaceAll("([A-Z])", "_$1").toLowerCase();
    }
}
