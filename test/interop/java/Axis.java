import box.BoxnetPort_PortType;
import box.BoxnetServiceLocator;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.net.URL;
import java.util.Hashtable;
import java.util.Map;
import javax.activation.DataHandler;
import javax.xml.rpc.holders.Holder;
import org.apache.axis.AxisFault;
import org.apache.axis.MessageContext;
import org.apache.axis.client.Stub;
import org.apache.axis.transport.http.HTTPConstants;

/** java Axis <bridge URL> [attachment], with the stubs that WSDL2Java makes of a WSDL, compiled with -parameters. */
class Axis extends Caller {
    private final BoxnetPort_PortType port;

    private final boolean hasAttachment;

    Axis(String bridge, boolean hasAttachment) throws Exception {
        port = new BoxnetServiceLocator().getboxnetPort(new URL(bridge + "/api/1.0/soap"));
        this.hasAttachment = hasAttachment;
    }

    public static void main(String[] words) throws Exception {
        new Axis(words[0], words.length > 1).run();
    }

    @Override
    void perform(String action, Map<String, String> values) throws Exception {
        for (Method method : BoxnetPort_PortType.class.getMethods()) {
            if (!method.getName().equals(action)) continue;
            Parameter[] declared = method.getParameters();
            Object[] parameters = new Object[declared.length];
            for (int place = 0; place < parameters.length; place++) {
                Class<?> type = declared[place].getType();
                boolean isIn = !Holder.class.isAssignableFrom(type);
                parameters[place] = isIn ? values.get(declared[place].getName()) : type.getConstructor().newInstance();
            }
            // A stub sends an attachment along with one call alone.
            if (hasAttachment) attach((Stub) port);
            Object status = method.invoke(port, parameters);
            if (status != null) show("status", status, "");
            for (int place = 0; place < parameters.length; place++) {
                if (!(parameters[place] instanceof Holder)) continue;
                Object value = parameters[place].getClass().getField("value").get(parameters[place]);
                show(declared[place].getName(), value, "");
            }
        }
    }

    private static void attach(Stub stub) {
        // In chunks, since the Content-Length of Axis lacks the Date that the JavaMail of today writes into the message.
        Hashtable<String, String> headers = new Hashtable<>();
        headers.put(HTTPConstants.HEADER_TRANSFER_ENCODING, HTTPConstants.HEADER_TRANSFER_ENCODING_CHUNKED);
        stub._setProperty(MessageContext.HTTP_TRANSPORT_VERSION, HTTPConstants.HEADER_PROTOCOL_V11);
        stub._setProperty(HTTPConstants.REQUEST_HEADERS, headers);
        stub.addAttachment(new DataHandler("attached", "text/plain"));
    }

    @Override
    String faultIn(Exception error) {
        if (!(error instanceof AxisFault)) throw new IllegalStateException(error);
        AxisFault fault = (AxisFault) error;
        return fault.getFaultCode().getLocalPart() + " " + fault.getFaultString();
    }

    @Override
    Object[] contentOf(Object value, Field field) {
        return new Object[] {value};
    }
}
